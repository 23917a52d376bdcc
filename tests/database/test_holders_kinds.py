"""From a real unique violation to the exact row, for every kind of key and type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg.errors import UniqueViolation

from collectors.model import Catalog, Holder, KeyLookup, KeyValues, UniqueKey, row_id_parts
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.holders import find_holders
from sample_data.postgres import Database, Postgres

DELETED = "2026-03-01 10:00:00+00"


@dataclass(frozen=True)
class Kind:
    """A table `items` with one unique key, and the values of the row that holds it.

    `columns` come after `id` and `deleted_at`; `other` is a row that must not be found.
    """

    id: str
    columns: str
    index: str
    held: str
    other: str
    setup: str = ""
    names: str = ""
    conflicting: str | None = None
    table: str = "items"
    tail: str = ""
    primary: str = "id"


def simple(type_: str, held: str, other: str, *, name: str = "", setup: str = "") -> Kind:
    """A plain column of that type under a plain unique index."""
    return Kind(
        name or type_.replace(" ", "-"), f"a {type_}", "(a)", held, other, setup=setup, names="a"
    )


KINDS = [
    simple("uuid", "'0b9f4d7e-3a53-4b6e-9b44-0a3c57f0a001'", "gen_random_uuid()"),
    simple("text", "'plain'", "'Plain'"),
    simple("text", "'null'", "NULL", name="the-text-null"),
    simple("text", "''", "' '", name="empty-text"),
    simple("text", "'50% off :now $1 \\x'", "'50'", name="text-with-placeholders"),
    simple("citext", "'Jane@Example.com'", "'jane@example.org'"),
    simple("varchar(20)", "'abc'", "'abd'"),
    simple("char(6)", "'ab'", "'abc'"),
    simple("name", "'a_name'", "'other'"),
    simple("integer", "-42", "42"),
    simple("bigint", "9007199254740993", "9007199254740992"),
    simple("numeric(12,4)", "10.5", "10.5001"),
    simple("double precision", "0.1", "0.1000000001"),
    simple("timestamptz", "'2026-01-02 03:04:05.678901+02'", "'2026-01-02 03:04:05.678902+02'"),
    simple("timestamp(3)", "'2026-01-02 03:04:05.678'", "'2026-01-02 03:04:05.679'"),
    simple("date", "'2026-01-02'", "'2026-01-03'"),
    simple("interval", "'1 day 02:03'", "'1 day 02:04'"),
    simple("boolean", "true", "false"),
    simple("bytea", "'\\xdeadbeef'", "'\\xdeadbeee'"),
    simple("bit(3)", "B'101'", "B'100'"),
    simple("inet", "'10.0.0.1'", "'10.0.0.1/24'"),
    simple("jsonb", "'{\"a\": [1, null]}'", "'{}'"),
    simple("text[]", "'{a,\"b c\",NULL}'", "'{a}'"),
    simple("int4range", "'[1,5)'", "'[1,6)'"),
    simple("mood", "'sad'", "'ok'", name="enum", setup="CREATE TYPE mood AS ENUM ('sad', 'ok')"),
    simple(
        "mail",
        "'j@e.com'",
        "'k@e.com'",
        name="domain",
        setup="CREATE DOMAIN mail AS varchar(80) CHECK (value LIKE '%@%')",
    ),
    simple(
        "mail",
        "'J@e.com'",
        "'k@e.com'",
        name="domain-over-citext",
        setup="CREATE DOMAIN mail AS citext NOT NULL",
    ),
    Kind(
        "expression",
        "org uuid, email varchar(320)",
        "(org, lower(email))",
        "'0b9f4d7e-3a53-4b6e-9b44-0a3c57f0a001', 'JÄNE@Example.COM'",
        "'0b9f4d7e-3a53-4b6e-9b44-0a3c57f0a001', 'jane@example.com'",
        names="org, email",
    ),
    Kind(
        "two-expressions-and-a-column-between",
        "a text, n int, b text",
        "((a || '; ' || b), n, (n % 7), coalesce(b, '(none):varattno 9'))",
        "'x', 15, 'y'",
        "'x', 22, 'y'",
        names="a, n, b",
    ),
    Kind(
        "partial",
        "a text, kind text",
        "(a) WHERE kind = '50% :x' AND a <> 'never'",
        "'x', '50% :x'",
        "'x', 'other'",
        names="a, kind",
    ),
    Kind("include", "a int, b text", "(a) INCLUDE (b, id)", "1, 'x'", "2, 'x'", names="a, b"),
    Kind(
        "nulls-not-distinct",
        "org int, email text, gone timestamptz",
        "(org, email, gone) NULLS NOT DISTINCT",
        "1, 'j@e.com', NULL",
        "1, 'j@e.com', now()",
        names="org, email, gone",
    ),
    Kind(
        "nulls-not-distinct-all-null",
        "a int, b uuid",
        "(a, b) NULLS NOT DISTINCT",
        "NULL, NULL",
        "1, NULL",
        names="a, b",
    ),
    Kind(
        "quoted-names",
        '"User Id" int, "select" text, "E""mail" text',
        '("User Id", lower("E""mail"), "select")',
        "1, 'x', 'J'",
        "1, 'y', 'J'",
        names='"User Id", "select", "E""mail"',
        table='"My ""odd"" Items"',
    ),
    Kind(
        "columns-named-like-our-own",
        "number int, v0 text, deleted text, c0 text",
        "(number, v0, lower(deleted), c0)",
        "1, 'a', 'B', 'c'",
        "1, 'a', 'B', 'd'",
        names="number, v0, deleted, c0",
        table="tombstone_row",
    ),
    Kind("collation", 'a text COLLATE "C"', "(a)", "'b'", "'B'", names="a"),
    Kind(
        "collation-of-the-index",
        "a text",
        '((a || a) COLLATE "POSIX" text_pattern_ops)',
        "'b'",
        "'B'",
        names="a",
    ),
    Kind(
        "partitioned",
        "region text, a int",
        "(region, a)",
        "'eu', 1",
        "'us', 1",
        names="region, a",
        tail="PARTITION BY LIST (region)",
        primary="id, region",
    ),
    Kind(
        "function-of-our-own",
        "email text",
        "(folded(email))",
        "'J.ane+x@e.com'",
        "'k@e.com'",
        setup="CREATE FUNCTION folded(text) RETURNS text IMMUTABLE LANGUAGE sql"
        " AS $$ SELECT regexp_replace(lower($1), '[.+].*@', '@') $$",
        names="email",
        conflicting="'j.OE@e.com'",
    ),
]


@pytest.fixture(scope="module")
def kinds_database(postgres: Postgres) -> Iterator[Database]:
    postgres.create_database("kinds", template="template0")
    database = Database("kinds", postgres.dsn("kinds"))
    database.execute("CREATE EXTENSION citext")
    yield database
    postgres.drop_database("kinds")


@pytest.fixture(scope="module")
def target(kinds_database: Database) -> Iterator[ReadTarget]:
    with ReadTarget("test", kinds_database.dsn) as target:
        yield target


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_the_row_that_caused_the_conflict_is_found(
    kind: Kind, kinds_database: Database, target: ReadTarget
) -> None:
    schema = f"k_{KINDS.index(kind)}"
    wanted, constraint, values = provoke(kinds_database, kind, schema)
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot, schemas=[schema])
        key = key_named(catalog, constraint)
        (answer,) = find_holders(snapshot, catalog, [KeyLookup(key, values)])
    assert answer.uncastable is None
    (holder,) = answer.holders
    id_parts = row_id_parts(holder.row.id, kind.primary.count(",") + 1)
    assert id_parts
    assert id_parts[0] == wanted
    assert holder.deleted
    assert printed(holder) == values


def provoke(database: Database, kind: Kind, schema: str) -> tuple[str, str, KeyValues]:
    """Make the conflict: the holder's id, the constraint, the values."""
    row, violation = conflict(database, kind, schema)
    diagnosis = violation.diag
    assert diagnosis.constraint_name
    return row, diagnosis.constraint_name, values_of(diagnosis.message_detail or "")


def conflict(
    database: Database, kind: Kind, schema: str, name: str = "the_key"
) -> tuple[str, UniqueViolation]:
    """Make the table, its rows and the conflict: the id of the row in the way, the driver's error.

    `name` is the unique index's.
    """
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(f"SET search_path = {schema}, public")
        if kind.setup:
            connection.execute(kind.setup)
        connection.execute(
            f"CREATE TABLE {kind.table} (id uuid DEFAULT gen_random_uuid(), deleted_at timestamptz,"
            f" {kind.columns}, PRIMARY KEY ({kind.primary})) {kind.tail}"
        )
        if kind.tail:
            for region in ("eu", "us"):
                partition = f"CREATE TABLE part_{region} PARTITION OF {kind.table}"
                connection.execute(f"{partition} FOR VALUES IN ('{region}')")
        connection.execute(f"CREATE UNIQUE INDEX {name} ON {kind.table} {kind.index}")
        into = f"INSERT INTO {kind.table} (deleted_at, {kind.names}) VALUES"
        row = connection.execute(f"{into} ('{DELETED}', {kind.held}) RETURNING id").fetchone()
        assert row
        connection.execute(f"{into} (NULL, {kind.other})")
        with pytest.raises(UniqueViolation) as caught:
            connection.execute(f"{into} (NULL, {kind.conflicting or kind.held})")
    return str(row[0]), caught.value


def values_of(detail: str) -> KeyValues:
    """The tuple of a DETAIL whose values hold no comma followed by a space, or are one value."""
    found = re.fullmatch(r"Key \((.*)\)=\((.*)\) already exists\.", detail, re.DOTALL)
    assert found
    several = re.search(r"\W", found[1])
    values = found[2].split(", ") if several else [found[2]]
    return tuple(None if value == "null" else value for value in values)


def printed(holder: Holder) -> KeyValues:
    """The Holder's values as a message prints them."""
    return tuple(None if value == "null" else value for value in holder.values)


def key_named(catalog: Catalog, name: str) -> UniqueKey:
    (key,) = catalog.keys_named(name)
    return key
