"""Keys known in part, or by parts that are no index's own: found by an index, or refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import psycopg
import pytest

from collectors.linking.resolve import resolve
from collectors.model import Catalog, KeyLookup, KeyPart, LookupAnswer
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.holders import find_holders
from collectors.postgres.serving import MOST_COST, computable, cost_of_one
from collectors.postgres.snapshot import Snapshot
from collectors.postgres.statements import held_rows
from sample_data.postgres import Database, Postgres
from tests.unit.linking.cases import by_fields, failure, violated

ROWS = 60_000
SCHEMA = f"""
CREATE TABLE items (
    id int PRIMARY KEY, deleted_at timestamptz, team int NOT NULL, name text NOT NULL,
    email text NOT NULL, code text NOT NULL, padding text DEFAULT repeat('x', 80)
);
INSERT INTO items
SELECT g, CASE WHEN g % 10 = 0 THEN now() END, g, 'name ' || g, 'User' || g || '@e.com',
       'c' || g / 2
FROM generate_series(1, {ROWS}) g;
CREATE UNIQUE INDEX by_email ON items (lower(email), team);
CREATE UNIQUE INDEX by_name ON items (team, name);
CREATE UNIQUE INDEX by_code ON items (code, team);
CREATE UNIQUE INDEX by_marked ON items (deleted_at, email) NULLS NOT DISTINCT;
ANALYZE items
"""


@pytest.fixture(scope="module")
def target(postgres: Postgres) -> Iterator[ReadTarget]:
    postgres.create_database("in_part", template="template0")
    database = Database("in_part", postgres.dsn("in_part"))
    database.execute(SCHEMA)
    with ReadTarget("test", database.dsn) as target:
        yield target
    postgres.drop_database("in_part")


def asked(snapshot: Snapshot, catalog: Catalog, name: str, *fields: str) -> LookupAnswer:
    """What comes of an Event that names the key and gives these fields (`column=value`)."""
    given = tuple((one.split("=")[0], one.split("=")[1]) for one in fields)
    told = by_fields(*given, constraint=name)
    question = resolve(failure(told), catalog)
    return find_holders(snapshot, catalog, question.lookups)[0]  # as it was sent, untidied


def ids(answer: LookupAnswer) -> list[str]:
    assert answer.uncastable is None
    return [holder.row.id for holder in answer.holders]


def test_the_known_part_of_a_key_is_folded_and_found_by_the_keys_own_index(
    target: ReadTarget,
) -> None:
    with target.snapshot() as snapshot:
        answer = asked(snapshot, read_catalog(snapshot), "by_email", "email=uSER70@E.com")
    assert ids(answer) == ["70"]
    assert answer.holders[0].deleted
    assert answer.holders[0].values == ("user70@e.com", "70")


def test_every_row_that_has_the_known_part_comes_back(target: ReadTarget) -> None:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        assert ids(asked(snapshot, catalog, "by_code", "code=c35")) == ["70", "71"]
        assert ids(asked(snapshot, catalog, "by_code", "code=nobody")) == []


def test_a_part_that_no_index_serves_is_refused_in_words(target: ReadTarget) -> None:
    with target.snapshot() as snapshot:
        answer = asked(snapshot, read_catalog(snapshot), "by_name", "name=name 70")
    assert answer == LookupAnswer(uncastable="no index finds rows by what is known of the key")


def test_a_refused_part_spoils_no_other_look_up(target: ReadTarget) -> None:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        (key,) = catalog.keys_named("by_name")
        part = key.parts[1:]
        lookups = [KeyLookup(key, ("name 7",), parts=part), KeyLookup(key, ("7", "name 7"))] * 2
        found = find_holders(snapshot, catalog, lookups)
    assert [bool(one.uncastable) for one in found] == [True, False, True, False]
    assert [ids(one) for one in found[1::2]] == [["7"], ["7"]]


def test_a_small_table_needs_no_index(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, team int, name text, UNIQUE (team, name));"
        "INSERT INTO t SELECT g, g, 'name ' || g FROM generate_series(1, 500) g; ANALYZE t"
    )
    with ReadTarget("test", database.dsn) as target, target.snapshot() as snapshot:
        answer = asked(snapshot, read_catalog(snapshot), "t_team_name_key", "name=name 70")
    assert ids(answer) == ["70"]


def test_a_plain_column_is_found_by_the_index_on_its_expression(target: ReadTarget) -> None:
    """The key was `(email, team)` once: today's index folds, but the row must be spelled so."""
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        for email, found in (("User70@e.com", ["70"]), ("user70@e.com", [])):
            told = violated(
                constraint="by_email", columns=("email", "team"), splits=((email, "70"),)
            )
            (lookup,) = resolve(failure(told), catalog).lookups
            (answer,) = find_holders(snapshot, catalog, [lookup])
            assert ids(answer) == found


def test_a_key_that_was_widened_gives_candidates(target: ReadTarget) -> None:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        told = violated(constraint="by_code", columns=("code",), splits=(("c35",),))
        (answer,) = find_holders(snapshot, catalog, resolve(failure(told), catalog).lookups)
    assert ids(answer) == ["70", "71"]


def test_a_key_that_leads_with_the_mark_of_deletion_never_reads_the_whole_table(
    target: ReadTarget,
) -> None:
    """Asked without the mark, its index may not serve: then another one does, or words are said."""
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        columns = ("deleted_at", "email")
        told = violated(constraint="by_marked", columns=columns, splits=((None, "User71@e.com"),))
        (lookup,) = resolve(failure(told), catalog).lookups
        (answer,) = find_holders(snapshot, catalog, [lookup])
    assert ids(answer) == ["71"]


SERVED: dict[str, tuple[str, ...]] = {
    "by_email": ("lower(email)",),
    "by_name": ("team",),
    "by_code": ("code",),
    "items_pkey": ("id",),
}


@pytest.mark.parametrize("name", SERVED)
def test_a_leading_part_enters_the_keys_index(name: str, target: ReadTarget) -> None:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        (key,) = catalog.keys_named(name)
        parts = tuple(part for part in key.parts if part.expression in SERVED[name])
        (table,) = catalog.tables
        statement = held_rows(table, parts, [False], key=key, within=True)
        assert cost_of_one(snapshot, statement, ["{NULL}"]) < MOST_COST / 10
        plan = snapshot.rows(f"EXPLAIN {statement}", "{NULL}")
    assert any(name in line for (line,) in plan)
    assert not any("Seq Scan" in line for (line,) in plan)


def test_a_look_up_without_an_index_is_known_to_be_costly(target: ReadTarget) -> None:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        (key,) = catalog.keys_named("items_pkey")
        part = KeyPart("padding", ("padding",), "text", nullable=True)
        (table,) = catalog.tables
        statement = held_rows(table, [part], [False], key=key, within=True)
        assert cost_of_one(snapshot, statement, ["{NULL}"]) > MOST_COST


def test_what_values_determine_is_computed_from_plain_columns_only(target: ReadTarget) -> None:
    with target.snapshot() as snapshot:
        (table,) = read_catalog(snapshot).tables
    parts = {part.expression: part for key in table.keys for part in key.parts}
    assert computable(table, [parts["email"], parts["team"]]) == (parts["lower(email)"],)
    assert computable(table, [parts["lower(email)"]]) == ()


def test_a_locked_table_refuses_its_own_look_ups_only(database: Database) -> None:
    tables: Sequence[str] = ("locked", "open")
    for name in tables:
        database.execute(
            f"CREATE TABLE {name} (id int PRIMARY KEY, a text CONSTRAINT {name}_key UNIQUE);"
            f"INSERT INTO {name} VALUES (1, 'x')"
        )
    with ReadTarget("test", database.dsn, lock_timeout_ms=50) as target:
        with target.snapshot() as snapshot:
            catalog = read_catalog(snapshot)
        lookups = [KeyLookup(catalog.keys_named(f"{name}_key")[0], ("x",)) for name in tables]
        with psycopg.connect(database.dsn) as migration, target.snapshot() as snapshot:
            migration.execute("LOCK TABLE locked")
            refused, found = find_holders(snapshot, catalog, lookups)
    assert refused.uncastable == (
        "the look-up in locked was ended by a time limit, and is tried again"
    )
    assert ids(found) == ["1"]


def test_a_slow_look_up_refuses_itself_only(database: Database) -> None:
    database.execute(
        "CREATE FUNCTION slow(a text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS"
        " $$ BEGIN IF a = 'wait' THEN PERFORM pg_sleep(5); END IF; RETURN a; END $$;"
        "CREATE TABLE t (id int PRIMARY KEY, a text, b text CONSTRAINT t_b UNIQUE);"
        "CREATE UNIQUE INDEX t_a ON t (slow(a)); INSERT INTO t VALUES (1, 'x', 'y')"
    )
    with (
        ReadTarget("test", database.dsn, statement_timeout_ms=200) as target,
        target.snapshot() as snapshot,
    ):
        catalog = read_catalog(snapshot)
        slow, quick = (catalog.keys_named(name)[0] for name in ("t_a", "t_b"))
        refused, found = find_holders(
            snapshot,
            catalog,
            [KeyLookup(slow, ("wait",), from_columns=True), KeyLookup(quick, ("y",))],
        )
    assert "ended by a time limit" in str(refused.uncastable)
    assert ids(found) == ["1"]


def test_a_variant_of_a_key_that_an_index_serves_is_not_refused(target: ReadTarget) -> None:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        (key,) = catalog.keys_named("by_code")
        lookup = KeyLookup(replace(key, parts=key.parts[::-1]), ("70", "c35"))
        (answer,) = find_holders(snapshot, catalog, [lookup])
    assert ids(answer) == ["70"]
