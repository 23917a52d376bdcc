"""Exposure on a real database: which Tombstones hold a key that a create could still ask for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from collectors.model import ExposureCount, TableCounts
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.mapping import TableMapping
from collectors.postgres.tombstones.exposure import count_exposure, estimate_exposure
from sample_data.postgres import Database
from tests.database.collations import collate_any_case


@pytest.fixture
def target(database: Database) -> Iterator[ReadTarget]:
    with ReadTarget("production", database.dsn) as opened:
        yield opened


def exposure(
    target: ReadTarget, name: str, mapping: dict[str, TableMapping] | None = None, **more: Any
) -> TableCounts:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot, mapping=mapping or {})
        table = catalog.table("public", name)
        assert table is not None
        return count_exposure(snapshot, catalog, table, **more)


def whole(counts: TableCounts) -> dict[str | None, int]:
    return {c.constraint: c.tombstones for c in counts.exposures if c.organization_id is None}


KINDS = {
    "timestamp": ("deleted_at timestamptz", "now()"),
    "boolean": ("is_deleted boolean NOT NULL DEFAULT false", "true"),
    "epoch": ("deleted bigint NOT NULL DEFAULT 0", "1700000000"),
    "status": (
        "status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'deleted'))",
        "'deleted'",
    ),
    "quoted": ('"deletedAt" timestamp', "now()"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_tombstone_of_every_kind_of_marker_is_counted(
    database: Database, target: ReadTarget, kind: str
) -> None:
    column, gone = KINDS[kind]
    name = column.partition(" ")[0]
    database.execute(
        f"CREATE TABLE people (id serial PRIMARY KEY, {column}, email text UNIQUE);"
        "INSERT INTO people (email) VALUES ('live@x');"
        f"INSERT INTO people (email, {name}) VALUES ('a@x', {gone}), ('b@x', {gone})"
    )
    assert whole(exposure(target, "people")) == {None: 2, "people_email_key": 2}


def test_what_our_sql_means_is_not_the_database_s_to_set(
    database: Database, target: ReadTarget
) -> None:
    for one in ("standard_conforming_strings = off", "quote_all_identifiers = on"):
        database.execute(f"ALTER DATABASE {database.name} SET {one}")
    database.execute("""
        CREATE TABLE people (id serial PRIMARY KEY, deleted_at timestamptz, email text UNIQUE);
        INSERT INTO people (deleted_at, email) VALUES
            (now(), 'jane@x'), (now(), 'released+0a@tombstone.invalid')
    """)
    assert whole(exposure(target, "people")) == {None: 1, "people_email_key": 1}


def test_a_released_text_is_known_whatever_the_collation_is(
    database: Database, target: ReadTarget
) -> None:
    collate_any_case(database)
    database.execute("""
        CREATE TABLE people (id serial PRIMARY KEY, deleted_at timestamptz,
                             handle text COLLATE any_case UNIQUE);
        INSERT INTO people (deleted_at, handle) VALUES
            (now(), 'jane'), (now(), 'released:0a'), (now(), 'Released:0b')
    """)
    assert whole(exposure(target, "people")) == {None: 2, "people_handle_key": 2}


PRIMARY_KEYS = {
    # what it is of, and whether a row that was deleted keeps another out
    "two references": ("team_id int, user_id uuid, PRIMARY KEY (team_id, user_id)", True),
    "a number that is counted up": ("id serial, PRIMARY KEY (id)", False),
    "an id of its own beside a reference": (
        "team_id int, id uuid, PRIMARY KEY (team_id, id)",
        False,
    ),
    "its own id by the table's name": ("org int, seat_id int, PRIMARY KEY (org, seat_id)", False),
    "what a default makes": (
        "org int, nr uuid DEFAULT gen_random_uuid(), PRIMARY KEY (org, nr)",
        False,
    ),
    "a code": ("code text PRIMARY KEY", True),
}


@pytest.mark.parametrize("name", PRIMARY_KEYS)
def test_a_primary_key_counts_where_its_values_can_be_asked_for_again(
    database: Database, target: ReadTarget, name: str
) -> None:
    columns, asked = PRIMARY_KEYS[name]
    names = (
        columns.partition("KEY (")[2].rstrip(")").split(", ") if "KEY (" in columns else ["code"]
    )
    values = [f"'{uuid4()}'" if f"{each} uuid" in columns else "7" for each in names]
    database.execute(
        f"CREATE TABLE seats ({columns}, deleted_at timestamptz);"
        f"INSERT INTO seats ({', '.join(names)}, deleted_at) VALUES ({', '.join(values)}, now())"
    )
    assert whole(exposure(target, "seats")) == ({None: 1, "seats_pkey": 1} if asked else {None: 0})


def test_whose_and_since_when(database: Database, target: ReadTarget) -> None:
    database.execute("""
        CREATE TABLE accounts (id serial PRIMARY KEY, tenant int, email text,
                               deleted_at timestamptz,
                               UNIQUE (tenant, email));
        INSERT INTO accounts (tenant, email, deleted_at) VALUES
            (1, 'a@x', '2026-01-05Z'), (1, 'b@x', '2026-01-03Z'), (1, 'c@x', NULL),
            (2, 'a@x', '2026-02-01Z');
    """)
    counts = exposure(target, "accounts", {"accounts": TableMapping(organization="tenant")})
    key, first = "accounts_tenant_email_key", datetime(2026, 1, 3, tzinfo=UTC)
    assert counts.how.by_organization
    assert set(counts.exposures) == {
        ExposureCount(None, None, 3, first),
        ExposureCount(None, "1", 2, first),
        ExposureCount(None, "2", 1, datetime(2026, 2, 1, tzinfo=UTC)),
        ExposureCount(key, None, 3, first),
        ExposureCount(key, "1", 2, first),
        ExposureCount(key, "2", 1, datetime(2026, 2, 1, tzinfo=UTC)),
    }


HOLDS_NOTHING = {
    "a NULL that never conflicts": ("UNIQUE (email, code)", "'a@x', NULL"),
    "knows deletion": ("UNIQUE NULLS NOT DISTINCT (email, deleted_at)", "'a@x', '1'"),
    "released by us": ("UNIQUE (email)", "'released+12@tombstone.invalid', '1'"),
    "released by us, no e-mail": ("UNIQUE (code)", "'a@x', 'released:0a1b2c3d'"),
}


@pytest.mark.parametrize("case", HOLDS_NOTHING)
def test_what_no_create_could_ask_for_is_not_exposed(
    database: Database, target: ReadTarget, case: str
) -> None:
    key, values = HOLDS_NOTHING[case]
    database.execute(
        "CREATE TABLE people (id serial PRIMARY KEY, email text, code text,"
        f" deleted_at timestamptz, CONSTRAINT k {key});"
        f"INSERT INTO people (email, code, deleted_at) VALUES ({values}, now())"
    )
    assert sum(whole(exposure(target, "people")).values()) == 0


APART = {
    "the row's own id": ("deleted_id bigint NOT NULL DEFAULT 0", "id"),
    "a negative one": ('"deletedKey" int NOT NULL DEFAULT 0', "-id"),
    "a token": ("delete_token text", "id::text"),
    "a flag of the living": ("not_deleted boolean DEFAULT true", "false"),
}


@pytest.mark.parametrize("way", APART)
def test_a_value_that_sets_the_deleted_apart_is_not_asked_for(
    database: Database, target: ReadTarget, way: str
) -> None:
    """Where it was forgotten, the row is in the way."""
    column, value = APART[way]
    name = column.split()[0]
    database.execute(
        f"CREATE TABLE people (id serial PRIMARY KEY, email text, deleted_at timestamptz, {column},"
        f" CONSTRAINT k UNIQUE NULLS NOT DISTINCT (email, {name}));"
        "INSERT INTO people (email) VALUES ('apart@x'), ('forgotten@x');"
        "UPDATE people SET deleted_at = now();"
        f"UPDATE people SET {name} = {value} WHERE email = 'apart@x'"
    )
    assert whole(exposure(target, "people")) == {None: 1, "k": 1}


def test_a_null_that_conflicts_is_exposed(database: Database, target: ReadTarget) -> None:
    database.execute("""
        CREATE TABLE people (id serial PRIMARY KEY, email text, code text, deleted_at timestamptz,
                             CONSTRAINT k UNIQUE NULLS NOT DISTINCT (email, code));
        INSERT INTO people (email, deleted_at) VALUES ('a@x', now());
    """)
    assert whole(exposure(target, "people")) == {None: 1, "k": 1}


def test_a_partial_key_counts_what_its_index_contains(
    database: Database, target: ReadTarget
) -> None:
    database.execute("""
        CREATE TABLE people (id serial PRIMARY KEY, email text, kind text, deleted_at timestamptz);
        CREATE UNIQUE INDEX k ON people ((1 / length(email))) WHERE kind = 'user';
        CREATE UNIQUE INDEX live ON people (email) WHERE deleted_at IS NULL;
        INSERT INTO people (email, kind, deleted_at) VALUES
            ('a@x', 'user', now()), ('', 'bot', now());
    """)
    assert whole(exposure(target, "people")) == {None: 1, "k": 1}


def test_an_erased_row_still_holds_its_other_keys(database: Database, target: ReadTarget) -> None:
    database.execute("""
        CREATE TABLE people (id serial PRIMARY KEY, email text UNIQUE, code text UNIQUE,
                             deleted_at timestamptz);
        INSERT INTO people (email, code, deleted_at) VALUES
            ('1@erased.invalid', 'c1', now()), ('2@erased.invalid', NULL, now());
    """)
    told = {"people": TableMapping(erased_when="email LIKE '%@erased.invalid'")}
    counted = whole(exposure(target, "people", told))
    assert counted == {None: 1, "people_code_key": 1, "people_email_key": 0}


def test_nothing_is_created_under_a_parent_that_is_deleted(
    database: Database, target: ReadTarget
) -> None:
    database.execute("""
        CREATE TABLE orgs (id serial PRIMARY KEY, email text, deleted_at timestamptz);
        CREATE TABLE members (id serial PRIMARY KEY, org int REFERENCES orgs, email text,
                              code text UNIQUE, deleted_at timestamptz, UNIQUE (org, email));
        INSERT INTO orgs (deleted_at) VALUES (NULL), (now());
        INSERT INTO members (org, email, code, deleted_at) VALUES
            (1, 'a@x', NULL, now()), (2, 'a@x', 'c', now());
    """)
    counted = whole(exposure(target, "members"))
    assert counted == {None: 2, "members_org_email_key": 1, "members_code_key": 1}


def test_each_row_counts_once_and_values_nobody_asks_for_not_at_all(
    database: Database, target: ReadTarget
) -> None:
    database.execute("""
        CREATE TABLE people (id serial PRIMARY KEY, email text UNIQUE, code text UNIQUE,
                             token text UNIQUE, deleted_at timestamptz);
        INSERT INTO people (email, code, token, deleted_at) VALUES
            ('a@x', 'c', 't1', now()), (NULL, NULL, 't2', now());
    """)
    never = ("people_token_key",)
    counts = exposure(target, "people", never_asked=never)
    assert {c.constraint: (c.tombstones, c.askable) for c in counts.exposures} == {
        None: (1, True),
        "people_email_key": (1, True),
        "people_code_key": (1, True),
        "people_token_key": (2, False),
    }


def test_partitions_are_counted_through_their_parent(
    database: Database, target: ReadTarget
) -> None:
    database.execute("""
        CREATE TABLE people (region text, email text, deleted_at timestamptz,
                             CONSTRAINT k UNIQUE (region, email)) PARTITION BY LIST (region);
        CREATE TABLE people_eu PARTITION OF people FOR VALUES IN ('eu');
        CREATE TABLE people_us PARTITION OF people FOR VALUES IN ('us');
        INSERT INTO people VALUES ('eu', 'a@x', now()), ('us', 'a@x', now()), ('us', 'b@x', NULL);
    """)
    assert whole(exposure(target, "people")) == {None: 2, "k": 2}
    assert whole(exposure(target, "people", share=1.0)) == {None: 2, "k": 2}


def test_a_sample_is_scaled_as_a_whole_and_not_an_organization_at_a_time(
    database: Database, target: ReadTarget
) -> None:
    database.execute("""
        CREATE TABLE accounts (id serial PRIMARY KEY, tenant int, email text UNIQUE,
                               deleted_at timestamptz);
        INSERT INTO accounts (tenant, email, deleted_at)
        SELECT n, n || '@x', now() FROM generate_series(1, 20000) n;
    """)
    mapping = {"accounts": TableMapping(organization="tenant")}
    counts = exposure(target, "accounts", mapping, share=0.3)
    seen = [one for one in counts.exposures if one.constraint is None and one.organization_id]
    assert {one.tombstones for one in seen} == {3}
    assert whole(counts)[None] == round(len(seen) / 0.3)


def test_a_sample_is_scaled_and_says_so(database: Database, target: ReadTarget) -> None:
    database.execute("""
        CREATE TABLE people (id serial PRIMARY KEY, email text UNIQUE, deleted_at timestamptz);
        INSERT INTO people (email, deleted_at)
        SELECT n || '@x', CASE WHEN n % 10 = 0 THEN now() END FROM generate_series(1, 50000) n;
    """)
    counts = exposure(target, "people", share=0.5)
    assert counts.how.sampled == 0.5
    assert not counts.how.exact
    assert whole(counts)["people_email_key"] == pytest.approx(5_000, rel=0.3)
    assert "50.0% of the rows of people" in counts.how.notes[0]


def test_an_estimate_reads_no_row_and_comes_close(database: Database, target: ReadTarget) -> None:
    database.execute("""
        CREATE TABLE people (id serial PRIMARY KEY, email text UNIQUE, deleted_at timestamptz)
            WITH (autovacuum_enabled = off);  -- it would analyze before we ask
        INSERT INTO people (email, deleted_at)
        SELECT n || '@x', CASE WHEN n % 10 = 0 THEN now() END FROM generate_series(1, 20000) n;
    """)
    with target.snapshot() as snapshot:
        table = read_catalog(snapshot).table("public", "people")
        assert table is not None
        assert estimate_exposure(snapshot, table) is None
    database.execute("ANALYZE people")
    with target.snapshot() as snapshot:
        estimated = estimate_exposure(snapshot, table)
    assert estimated is not None
    assert estimated.how.estimated
    assert whole(estimated)["people_email_key"] == pytest.approx(2_000, rel=0.1)
