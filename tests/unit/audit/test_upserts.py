"""Which key an ON CONFLICT needs, from statements as pg_stat_statements prints them."""

from __future__ import annotations

import pytest

from collectors.audit.upserts import needs, read_upserts, says
from collectors.model import KeyPart, Table, UniqueKey

TABLE = Table("public", "customers", (), ("id",))
ORDER = Table('"My Shop"', '"Order"', (), ("id",))


def key(*expressions: str, name: str = "k", table: Table = TABLE) -> UniqueKey:
    parts = tuple(KeyPart(one, (one,), "text", nullable=False) for one in expressions)
    return UniqueKey(name, table.schema, table.name, parts)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO customers (a) VALUES ($1) ON CONFLICT (org, lower(email)) DO NOTHING",
        'insert into "public"."customers" as c (a) values ($1)\n on  conflict("org",lower("email"))'
        " do update set a = excluded.a",
        "INSERT INTO public.customers VALUES ($1) ON CONFLICT (lower((email)::text), org)"
        " DO NOTHING",
        "WITH x AS (INSERT INTO audit VALUES ($1) RETURNING 1) INSERT INTO Customers SELECT $2"
        " ON CONFLICT ( LOWER(email) , org ) WHERE deleted_at IS NULL DO NOTHING",
    ],
)
def test_the_columns_name_the_key_in_any_order_and_spelling(statement: str) -> None:
    (upsert,) = read_upserts(statement)
    assert needs(upsert, TABLE, key("org", "lower(email::text)"))


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("INSERT INTO customers VALUES ($1) ON CONFLICT (org) DO NOTHING", TABLE),
        ("INSERT INTO other.customers VALUES ($1) ON CONFLICT (org, email) DO NOTHING", TABLE),
        ("INSERT INTO clients VALUES ($1) ON CONFLICT (org, email) DO NOTHING", TABLE),
        ("INSERT INTO Order VALUES ($1) ON CONFLICT (org, email) DO NOTHING", ORDER),
    ],
)
def test_other_columns_and_other_tables_are_another_key(statement: str, table: Table) -> None:
    (upsert,) = read_upserts(statement)
    assert not needs(upsert, table, key("org", "email", table=table))


def test_a_constraint_can_be_named() -> None:
    statement = 'INSERT INTO "My Shop"."Order" VALUES ($1) ON CONFLICT ON CONSTRAINT "The Key" DO'
    (upsert,) = read_upserts(f"{statement} NOTHING", calls=3)
    assert upsert.calls == 3
    assert needs(upsert, ORDER, key("a", name="The Key", table=ORDER))
    assert not says(upsert, "deleted_at IS NULL")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO customers VALUES ($1) ON CONFLICT DO NOTHING",
        "SELECT 'on conflict (email)'",
        "UPDATE customers SET on_conflict = $1",
        "",
    ],
)
def test_what_names_no_target_needs_no_key(statement: str) -> None:
    assert list(read_upserts(statement)) == []


@pytest.mark.parametrize(
    ("where", "condition", "fits"),
    [
        ("", None, True),
        ("", "deleted_at IS NULL", False),
        ("WHERE deleted_at is null", "deleted_at IS NULL", True),
        ("WHERE (deleted_at IS NULL) AND a > $1", "deleted_at IS NULL", True),
        ("WHERE archived_at IS NULL", "deleted_at IS NULL", False),
    ],
)
def test_a_partial_key_wants_its_predicate(where: str, condition: str | None, fits: bool) -> None:
    statement = f"INSERT INTO customers VALUES ($1) ON CONFLICT (a) {where} DO UPDATE SET a = 1"
    (upsert,) = read_upserts(statement)
    assert says(upsert, condition) is fits
