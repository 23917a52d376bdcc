"""Creates and Re-creations on a real database, by day, organization and key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from collectors.model import DayCount, TableCounts
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.mapping import TableMapping
from collectors.postgres.tombstones.recreations import (
    ReleasedKey,
    count_creates,
    count_recreations,
    recreations_sql,
)
from sample_data.postgres import Database
from tests.unit.linking.cases import CUSTOMERS, EMAIL_KEY


@pytest.fixture
def target(database: Database) -> Iterator[ReadTarget]:
    with ReadTarget("production", database.dsn) as opened:
        yield opened


def today() -> datetime:
    """Its midnight; asked for late, for a run of the tests may go on into the next day."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def day(ago: int) -> date:
    return (today() - timedelta(days=ago)).date()


def at(ago: int, hour: int = 1) -> str:
    """An SQL literal: so many days ago, at this hour."""
    return f"'{(today() - timedelta(days=ago) + timedelta(hours=hour)).isoformat()}'"


def recreations(
    target: ReadTarget,
    mapping: Mapping[str, TableMapping] | None = None,
    released: Mapping[str, Sequence[ReleasedKey]] | None = None,
    table: str = "people",
) -> TableCounts | None:
    with target.snapshot() as snapshot:
        found = read_catalog(snapshot, mapping=mapping or {}).table("public", table)
        assert found is not None
        return count_recreations(snapshot, found, days=30, released=released)


def by_day(counts: TableCounts | None, constraint: str | None = None) -> dict[date, int]:
    assert counts is not None
    return {one.day: one.count for one in counts.days if one.constraint == constraint}


MENDED = {
    "partial": "CREATE UNIQUE INDEX k ON people (tenant, lower(email)) WHERE deleted_at IS NULL",
    "deleted_at in the key": "CREATE UNIQUE INDEX k ON people (tenant, lower(email), deleted_at)"
    " NULLS NOT DISTINCT",
    "an expression of deleted_at": "CREATE UNIQUE INDEX k ON people (tenant, lower(email),"
    " COALESCE(deleted_at, '-infinity'))",
    "partial on more": "CREATE UNIQUE INDEX k ON people (tenant, lower(email))"
    " WHERE deleted_at IS NULL AND email <> ''",
}


@pytest.mark.parametrize("index", MENDED.values(), ids=MENDED)
def test_a_create_of_a_deleted_rows_key_is_a_recreation(
    database: Database, target: ReadTarget, index: str
) -> None:
    database.execute(f"""
        CREATE TABLE people (id serial PRIMARY KEY, tenant int, email text,
                             created_at timestamptz, deleted_at timestamptz);
        {index};
        INSERT INTO people (tenant, email, created_at, deleted_at) VALUES
            (1, 'a@x', {at(9)}, {at(8)}), (1, 'A@x', {at(5)}, NULL),
            (2, 'a@x', {at(5)}, NULL), (1, 'b@x', {at(4)}, NULL), (1, '', {at(4)}, {at(3)});
    """)
    counts = recreations(target, {"people": TableMapping(organization="tenant")})
    assert counts is not None
    assert set(counts.days) == {DayCount(day(5), "1", 1), DayCount(day(5), "1", 1, "k")}


def test_a_customer_counts_once_a_day(database: Database, target: ReadTarget) -> None:
    database.execute(f"""
        CREATE EXTENSION IF NOT EXISTS citext;
        CREATE TABLE people (id serial PRIMARY KEY, email citext NOT NULL, code text,
                             created_at timestamptz, deleted_at timestamptz);
        CREATE UNIQUE INDEX k ON people (email) WHERE deleted_at IS NULL;
        CREATE UNIQUE INDEX c ON people (code) WHERE deleted_at IS NULL;
        INSERT INTO people (email, code, created_at, deleted_at) VALUES
            ('a@x', 'c', {at(9)}, {at(8)}), ('A@x', 'c', {at(5)}, {at(5, 2)}),
            ('a@X', NULL, {at(5, 3)}, {at(5, 4)}), ('a@x', 'c', {at(4)}, NULL);
    """)
    counts = recreations(target)
    assert by_day(counts) == {day(5): 1, day(4): 1}
    assert by_day(counts, "k") == {day(5): 1, day(4): 1}
    assert by_day(counts, "c") == {day(5): 1, day(4): 1}


def test_in_the_transaction_of_the_delete(database: Database, target: ReadTarget) -> None:
    database.execute(f"""
        CREATE TABLE people (id serial PRIMARY KEY, email text,
                             created_at timestamptz, deleted_at timestamptz);
        CREATE UNIQUE INDEX k ON people (email) WHERE deleted_at IS NULL;
        INSERT INTO people (email, created_at, deleted_at) VALUES
            ('a@x', {at(9)}, {at(5)}), ('a@x', {at(5)}, NULL), ('b@x', {at(5)}, {at(5)});
    """)
    assert by_day(recreations(target)) == {day(5): 1}


def test_a_row_made_before_the_deletion_is_none(database: Database, target: ReadTarget) -> None:
    """It took the value by a rename."""
    database.execute(f"""
        CREATE TABLE people (id serial PRIMARY KEY, email text,
                             created_at timestamptz, deleted_at timestamptz);
        CREATE UNIQUE INDEX k ON people (email) WHERE deleted_at IS NULL;
        INSERT INTO people (email, created_at, deleted_at) VALUES
            ('a@x', {at(9)}, {at(5)}), ('a@x', {at(6)}, NULL);
    """)
    assert by_day(recreations(target)) == {}


def test_a_value_that_was_moved_aside(database: Database, target: ReadTarget) -> None:
    database.execute(f"""
        CREATE TABLE people (id serial PRIMARY KEY, tenant int, code text, meta jsonb,
                             created_at timestamptz, deleted_at timestamptz,
                             CONSTRAINT k UNIQUE (tenant, code));
        INSERT INTO people (tenant, code, meta, created_at, deleted_at) VALUES
            (1, NULL, '{{"__code": "c"}}', {at(9)}, {at(8)}), (1, 'c', '{{}}', {at(5)}, NULL),
            (2, 'c', '{{"__code": "d"}}', {at(5)}, NULL);
    """)
    told = {"people": TableMapping(kept_in={"code": "meta"})}
    assert by_day(recreations(target, told)) == {day(5): 1}


def test_a_value_that_only_we_remember(database: Database, target: ReadTarget) -> None:
    database.execute(f"""
        CREATE TABLE people (id serial PRIMARY KEY, email text,
                             created_at timestamptz, deleted_at timestamptz,
                             CONSTRAINT k UNIQUE (email));
        INSERT INTO people (email, created_at, deleted_at) VALUES
            ('released+1@tombstone.invalid', {at(9)}, {at(8)}), ('a@x', {at(5)}, NULL),
            ('b@x', {at(7)}, NULL);
    """)
    since = today() - timedelta(days=6)
    ours = {"k": [ReleasedKey(("a@x",), since), ReleasedKey(("b@x",), since)]}
    assert by_day(recreations(target)) == {}
    assert by_day(recreations(target, released=ours)) == {day(5): 1}


def test_a_mark_without_a_time_goes_by_the_order_of_creation(
    database: Database, target: ReadTarget
) -> None:
    database.execute(f"""
        CREATE TABLE people (id serial PRIMARY KEY, email text, created_at date,
            status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'deleted')));
        CREATE UNIQUE INDEX k ON people (email) WHERE status <> 'deleted';
        INSERT INTO people (email, created_at, status) VALUES
            ('a@x', {at(9)}, 'deleted'), ('a@x', {at(5)}, 'deleted'), ('a@x', {at(4)}, 'active');
    """)
    counts = recreations(target)
    assert by_day(counts) == {day(5): 1, day(4): 1}
    assert counts is not None
    assert "does not say when a row was deleted" in counts.how.notes[0]


FLAGS = {
    "a 0/1 flag": "deleted smallint NOT NULL DEFAULT 0",
    "a number that is no time": "deleted int NOT NULL DEFAULT 0",
    "a large number that is no time": "deleted numeric NOT NULL DEFAULT 0",
}


@pytest.mark.parametrize("flag", FLAGS.values(), ids=FLAGS)
def test_a_number_that_is_no_time_goes_by_the_order_of_creation(
    database: Database, target: ReadTarget, flag: str
) -> None:
    value = "1e30" if "numeric" in flag else "1"
    database.execute(f"""
        CREATE TABLE people (id serial PRIMARY KEY, email text, created_at timestamptz, {flag});
        CREATE UNIQUE INDEX k ON people (email) WHERE deleted = 0;
        INSERT INTO people (email, created_at, deleted) VALUES
            ('a@x', {at(9)}, {value}), ('a@x', {at(4)}, 0), ('b@x', {at(4)}, {value});
    """)
    counts = recreations(target)
    assert by_day(counts) == {day(4): 1}
    assert counts is not None
    assert "is taken for a Re-creation" in counts.how.notes[0]


LIVING = {
    "the value of the living": "live text GENERATED ALWAYS AS"
    " (CASE WHEN deleted_at IS NULL THEN lower(email) END) STORED UNIQUE",
    "a mark of the living": "live boolean GENERATED ALWAYS AS"
    " (CASE WHEN deleted_at IS NULL THEN true END) STORED, UNIQUE (email, live)",
}


@pytest.mark.parametrize("column", LIVING.values(), ids=LIVING)
def test_what_the_database_computes_from_the_mark_is_computed_as_for_the_living(
    database: Database, target: ReadTarget, column: str
) -> None:
    database.execute(f"""
        CREATE TABLE people (id serial PRIMARY KEY, email text, created_at timestamptz,
                             deleted_at timestamptz, {column});
        INSERT INTO people (email, created_at, deleted_at) VALUES
            ('a@x', {at(9)}, {at(8)}), ('a@x', {at(5)}, NULL), ('b@x', {at(5)}, NULL);
    """)
    assert by_day(recreations(target)) == {day(5): 1}


def test_two_marks_of_deletion(database: Database, target: ReadTarget) -> None:
    database.execute(f"""
        CREATE TABLE people (id serial PRIMARY KEY, email text, is_deleted boolean DEFAULT false,
                             created_at timestamptz, deleted_at timestamptz,
                             CONSTRAINT k UNIQUE (email, is_deleted));
        INSERT INTO people (email, created_at, deleted_at, is_deleted) VALUES
            ('a@x', {at(9)}, {at(8)}, true), ('a@x', {at(5)}, NULL, false);
    """)
    assert by_day(recreations(target)) == {day(5): 1}


def test_nulls_that_conflict_are_compared(database: Database, target: ReadTarget) -> None:
    database.execute(f"""
        CREATE TABLE people (id serial PRIMARY KEY, email text, code int,
                             created_at timestamptz, deleted_at timestamptz,
                             CONSTRAINT k UNIQUE NULLS NOT DISTINCT (email, code, deleted_at));
        INSERT INTO people (email, code, created_at, deleted_at) VALUES
            ('a@x', NULL, {at(9)}, {at(8)}), ('a@x', NULL, {at(5)}, NULL),
            ('a@x', 1, {at(5)}, NULL);
    """)
    assert by_day(recreations(target)) == {day(5): 1}


def test_quoted_names_and_partitions(database: Database, target: ReadTarget) -> None:
    database.execute(f"""
        CREATE TABLE "People" ("Region" text, "eMail" text, "createdAt" timestamptz,
                               "deletedAt" timestamptz) PARTITION BY LIST ("Region");
        CREATE TABLE eu PARTITION OF "People" FOR VALUES IN ('eu');
        CREATE UNIQUE INDEX k ON "People" ("Region", lower("eMail")) WHERE "deletedAt" IS NULL;
        INSERT INTO "People" VALUES ('eu', 'a@x', {at(9)}, {at(8)}), ('eu', 'A@x', {at(5)}, NULL);
    """)
    assert by_day(recreations(target, table='"People"')) == {day(5): 1}


def test_creates_by_day_and_organization(database: Database, target: ReadTarget) -> None:
    database.execute(f"""
        CREATE TABLE people (id serial PRIMARY KEY, tenant uuid, created_at timestamptz);
        INSERT INTO people (tenant, created_at) SELECT NULL, {at(3)} FROM generate_series(1, 3);
        INSERT INTO people (tenant, created_at) VALUES
            ('0b6f6a70-5a0c-4c6e-8f0e-3f3c7d1f2a10', {at(3)}), (NULL, {at(31)}), (NULL, {at(29)}),
            (NULL, 'infinity');
    """)
    with target.snapshot() as snapshot:
        told = {"people": TableMapping(organization="tenant")}
        table = read_catalog(snapshot, mapping=told).table("public", "people")
        assert table is not None
        counts = count_creates(snapshot, table, days=30)
    assert counts is not None
    assert counts.how.covers_from == today() - timedelta(days=29)
    assert set(counts.days) == {
        DayCount(day(3), None, 3),
        DayCount(day(3), "0b6f6a70-5a0c-4c6e-8f0e-3f3c7d1f2a10", 1),
        DayCount(day(29), None, 1),
    }


def test_without_a_time_of_creation_nothing_is_said(database: Database, target: ReadTarget) -> None:
    database.execute("CREATE TABLE people (id int PRIMARY KEY, email text UNIQUE, deleted_at date)")
    assert recreations(target) is None
    with target.snapshot() as snapshot:
        table = read_catalog(snapshot).table("public", "people")
        assert table is not None
        assert count_creates(snapshot, table, days=30) is None


def test_a_table_may_have_hundreds_of_keys() -> None:
    """Each brings the arrays of its values and one of times, behind the first and last moment."""
    last = 2 + 400 * (len(EMAIL_KEY.parts) + 1)
    sql = recreations_sql(CUSTOMERS, [EMAIL_KEY] * 400)
    assert f"${last}::text[]" in sql
    assert f"${last + 1}::" not in sql
