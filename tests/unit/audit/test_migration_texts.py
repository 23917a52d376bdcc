"""The parts a migration is made of: definitions, names, quoting."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.audit.case import KeyCase, Schema
from collectors.audit.migration import Draft, draft, migration
from collectors.audit.migration.definition import IndexDefinition, read_definition
from collectors.audit.migration.statements import block
from collectors.audit.naming import LONGEST, Naming, quoted, shortened
from collectors.audit.standing import own_parts, right_keys
from collectors.model import (
    Blocks,
    Catalog,
    Column,
    IndexBuild,
    KeyPart,
    MarkerKind,
    Migration,
    SoftDeleteMarker,
    Table,
    UniqueKey,
)
from collectors.model.sql_text import literal

MARKER = SoftDeleteMarker(
    "deleted_at", MarkerKind.TIMESTAMP, "deleted_at IS NOT NULL", "NULL", "deleted_at"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CREATE UNIQUE INDEX k ON t USING btree (a)", (("a",), "", "")),
        (
            'CREATE UNIQUE INDEX k ON ONLY s.t USING btree (a COLLATE "C" DESC, lower((b)::text))'
            " INCLUDE (c, \"d)\") NULLS NOT DISTINCT WITH (fillfactor='70', x=1) WHERE (a > 1)",
            (
                ('a COLLATE "C" DESC', "lower((b)::text)"),
                'c, "d)"',
                "fillfactor='70', x=1",
            ),
        ),
        (
            'CREATE UNIQUE INDEX "WITH (" ON "USING (".t USING btree ((\'a,)\' || b), (c[1]))',
            (("('a,)' || b)", "(c[1])"), "", ""),
        ),
        (
            "CREATE UNIQUE INDEX k ON t USING btree ((CASE WHEN a THEN ARRAY[1, 2] END))"
            " WHERE (b = ANY (ARRAY[1, 2]))",
            (("(CASE WHEN a THEN ARRAY[1, 2] END)",), "", ""),
        ),
    ],
)
def test_the_servers_definition_is_taken_apart(
    text: str, expected: tuple[tuple[str, ...], str, str]
) -> None:
    assert read_definition(text) == IndexDefinition(*expected)


def catalog(*names: str, table: str = "customers", constraint: bool = False) -> Catalog:
    part = KeyPart("org", ("org",), "int", nullable=False)
    email = KeyPart("lower(email)", ("email",), "text", nullable=True)
    keys = tuple(
        UniqueKey(
            name,
            "public",
            table,
            (part, email),
            blocks=Blocks.CREATE,
            build=IndexBuild("… USING btree (org, lower(email))", constraint),
        )
        for name in names
    )
    columns = (Column("email", "text", nullable=False), Column("deleted_at", "t", nullable=True))
    known = Table("public", table, columns, ("id",), keys, MARKER, markers=(MARKER,))
    return Catalog(datetime(2026, 11, 20, tzinfo=UTC), (known,))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ((), "customers_org_email_live_idx"),
        (("ix_customers_org_email",), "ix_customers_org_email_live"),
        (("customers_org_email_uniq",), "customers_org_email_live_uniq"),
        (("index_customers_on_org_and_email",), "index_customers_on_org_and_email_and_live"),
        (("something_else",), "customers_org_email_live_idx"),
        (
            ("ix_customers_org_email", "ix_customers_org_email_live"),
            "ix_customers_org_email_live_2",
        ),
    ],
)
def test_a_new_name_follows_the_schemas_habit(seen: tuple[str, ...], expected: str) -> None:
    naming = Naming.of(catalog(*seen))
    assert naming.new("customers", ("org", "email", "live"), constraint=False) == expected


@pytest.mark.parametrize(
    "seen",
    [
        "ix_customers_org_email_live",
        "ix_customers_org_email_live_0a1b2c3d",
        "index_customers_on_org_and_email_and_live",
        "index_customers_on_org_and_email_and_live_and_0a1b2c3d",
    ],
)
def test_what_we_added_to_a_name_becomes_no_habit(seen: str) -> None:
    (key,) = catalog(seen).tables[0].keys
    new = Naming.of(catalog(seen)).new("orders", ("number", "live"), constraint=False)
    assert (
        new
        == {
            "ix_": "ix_orders_number_live",
            "ind": "index_orders_on_number_and_live",
        }[key.name[:3]]
    )


def test_a_name_that_something_else_has_is_not_given() -> None:
    naming = Naming.of(catalog(), {"customers_email_live_idx"})
    new = naming.new("customers", ("email", "live"), constraint=False)
    assert new == "customers_email_live_idx_2"


@given(st.text(min_size=1, max_size=200))
def test_a_name_is_never_longer_than_the_server_takes(name: str) -> None:
    assert len(shortened(name).encode()) <= LONGEST


def test_two_long_names_stay_apart() -> None:
    assert shortened("a" * 80 + "b") != shortened("a" * 80 + "c")


@given(st.text(min_size=1, max_size=20).filter(lambda name: "\0" not in name))
def test_a_quoted_name_and_a_literal_hold_whatever_they_are_given(text: str) -> None:
    name = quoted(text)
    assert name == text or name[1:-1].replace('""', '"') == text
    assert literal(text)[1:-1].replace("''", "'") == text


def test_a_block_is_not_ended_by_what_is_in_it() -> None:
    sql = block(["RAISE EXCEPTION '$tombstone$';"])
    tag = sql.split()[1]
    assert sql.count(tag) == 2


def migrated(name: str) -> Migration:
    schema = Schema.of(catalog(name))
    (table,) = schema.catalog.tables
    plan = draft(
        KeyCase(schema, table, table.keys[0], own_parts(table, table.keys[0]), right_keys(table))
    )
    assert isinstance(plan, Draft)
    return migration(plan)


LINE_ENDS = ["a\nDROP TABLE people; --", "a\rDROP TABLE people; --", "a\x0cDROP TABLE people; --"]


@pytest.mark.parametrize(
    "name", ['odd """ name', "back\\slash", "colon :x %s {y}", "a\u202eb", *LINE_ENDS]
)
def test_alembics_text_is_python_whatever_the_names_are(name: str) -> None:
    tree = ast.parse(migrated(name).alembic)
    (statements,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "STATEMENTS"  # type: ignore[attr-defined]
    ]
    assert any(quoted(name) in statement for statement in statements)


@pytest.mark.parametrize("name", LINE_ENDS)
def test_no_line_end_in_a_name_ends_a_comment(name: str) -> None:
    run = re.sub(r"\"[^\"]*\"|'[^']*'|--[^\r\n]*", "", migrated(name).sql)
    assert "DROP INDEX" in run or "DROP CONSTRAINT" in run
    assert "people" not in run
