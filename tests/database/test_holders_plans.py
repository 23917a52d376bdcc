"""Every shape of look-up enters the key's own index, for one key and for a whole batch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from collectors.model import Catalog, KeyPart, Table, UniqueKey
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.parents import parents_of
from collectors.postgres.rows import identity
from collectors.postgres.shapes import BATCH
from collectors.postgres.snapshot import Snapshot
from collectors.postgres.statements import held_rows
from sample_data.postgres import Database, Postgres

ROWS = 20_000

TABLE = f"""
CREATE EXTENSION citext;
CREATE TYPE colour AS ENUM ('red', 'green');
CREATE DOMAIN mail AS varchar(80) CHECK (value LIKE '%@%');
CREATE TABLE organizations (id uuid PRIMARY KEY, deleted_at timestamptz);
CREATE TABLE items (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    deleted_at timestamptz,
    organization_id uuid NOT NULL REFERENCES organizations,
    n int NOT NULL, big bigint, amount numeric(12, 2), at timestamptz, day date,
    email varchar(320), code citext, address mail, raw bytea, tags text[], colour colour,
    flag boolean, fixed char(12), label text COLLATE "C", document jsonb, note text
);
INSERT INTO organizations SELECT md5('o' || g)::uuid, NULL FROM generate_series(0, 99) g;
INSERT INTO items (deleted_at, organization_id, n, big, amount, at, day, email, code, address, raw,
                   tags, colour, flag, fixed, label, document)
SELECT CASE WHEN g % 10 = 0 THEN now() END, md5('o' || g % 100)::uuid, g, g, g / 4.0,
       '2026-01-01'::timestamptz + g * interval '1 second', '2000-01-01'::date + g,
       'User' || g || '@e.com', 'Code-' || g, g || '@e.com', decode(md5('' || g), 'hex'),
       ARRAY['t' || g], (CASE WHEN g % 2 = 0 THEN 'red' ELSE 'green' END)::colour, g % 2 = 0,
       'f' || g, 'L' || g, jsonb_build_object('g', g)
FROM generate_series(1, {ROWS}) g;
CREATE UNIQUE INDEX by_lower ON items (organization_id, lower(email));
CREATE UNIQUE INDEX by_partial ON items (organization_id, email) WHERE flag AND email LIKE 'U%';
CREATE UNIQUE INDEX by_null ON items (organization_id, upper(email), deleted_at, note)
    NULLS NOT DISTINCT;
CREATE UNIQUE INDEX by_big ON items (big) INCLUDE (email, label);
CREATE UNIQUE INDEX by_amount ON items (amount);
CREATE UNIQUE INDEX by_at ON items (at);
CREATE UNIQUE INDEX by_day ON items (day);
CREATE UNIQUE INDEX by_code ON items (code);
CREATE UNIQUE INDEX by_address ON items (address);
CREATE UNIQUE INDEX by_raw ON items (raw);
CREATE UNIQUE INDEX by_tags ON items (tags);
CREATE UNIQUE INDEX by_states ON items (colour, flag, n);
CREATE UNIQUE INDEX by_fixed ON items (fixed);
CREATE UNIQUE INDEX by_label ON items (label);
CREATE UNIQUE INDEX by_posix ON items (email COLLATE "POSIX" varchar_pattern_ops);
CREATE UNIQUE INDEX by_document ON items (document);
CREATE UNIQUE INDEX by_sum ON items ((n + 1), coalesce(label, 'none'));
CREATE TABLE parts (id int, region text, deleted_at timestamptz, PRIMARY KEY (region, id))
    PARTITION BY LIST (region);
CREATE TABLE parts_eu PARTITION OF parts FOR VALUES IN ('eu');
CREATE TABLE parts_us PARTITION OF parts FOR VALUES IN ('us');
INSERT INTO parts SELECT g, CASE WHEN g % 2 = 0 THEN 'eu' ELSE 'us' END
FROM generate_series(1, {ROWS}) g;
ANALYZE
"""

KEYS = [
    "items_pkey",
    "by_lower",
    "by_partial",
    "by_null",
    "by_big",
    "by_amount",
    "by_at",
    "by_day",
    "by_code",
    "by_address",
    "by_raw",
    "by_tags",
    "by_states",
    "by_fixed",
    "by_label",
    "by_posix",
    "by_document",
    "by_sum",
    "parts_pkey",
]

A_VALUE = {
    "uuid": "0b9f4d7e-3a53-4b6e-9b44-0a3c57f0a001",
    "timestamp with time zone": "2026-01-02 00:00:00+00",
    "date": "2026-01-02",
    "boolean": "t",
    "colour": "red",
    "bytea": "\\xde",
    "text[]": "{a}",
    "jsonb": "{}",
}


@pytest.fixture(scope="module")
def target(postgres: Postgres) -> Iterator[ReadTarget]:
    postgres.create_database("plans", template="template0")
    database = Database("plans", postgres.dsn("plans"))
    database.execute(TABLE)
    with ReadTarget("test", database.dsn) as target:
        yield target
    postgres.drop_database("plans")


@pytest.mark.parametrize("count", [1, BATCH])
@pytest.mark.parametrize("name", KEYS)
def test_a_look_up_by_values_enters_the_keys_index(
    name: str, count: int, target: ReadTarget
) -> None:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        (key,) = catalog.keys_named(name)
        for nulls in shapes(key):
            plan = explain(snapshot, catalog, key, key.parts, nulls, within=True, count=count)
            assert indexes_used(plan, key.table) <= {name, *key.aliases}
            assert full_scans(plan) == []


@pytest.mark.parametrize("name", ["by_lower", "parts_pkey"])
def test_a_look_up_by_id_enters_the_primary_key(name: str, target: ReadTarget) -> None:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        (key,) = catalog.keys_named(name)
        table = table_of(catalog, key)
        parts = identity(table)
        plan = explain(
            snapshot, catalog, key, parts, [False] * len(parts), within=False, count=BATCH
        )
        (primary,) = (other for other in table.keys if other.primary)
        assert indexes_used(plan, key.table) <= {primary.name, *primary.aliases}
        assert full_scans(plan) == []


def test_an_invalid_index_costs_one_pass_however_many_keys(target: ReadTarget) -> None:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        table = table_of(catalog, catalog.keys_named("by_lower")[0])
        part = KeyPart("lower(label)", ("label",), "text", nullable=True)
        unserved = UniqueKey("by_nothing", "public", "items", (part,), valid=False)
        statement = held_rows(
            table, [part], [False], key=unserved, parents=parents_of(catalog, table), within=True
        )
        plan = plan_of(snapshot, statement, [part], BATCH, analyze=True)
        (scan,) = (node for node in nodes(plan) if node.get("Relation Name") == "items")
        assert (scan["Node Type"], scan["Actual Loops"]) == ("Seq Scan", 1)


def shapes(key: UniqueKey) -> list[tuple[bool, ...]]:
    """Every set of places that may be NULL."""
    may_be = [(False, True) if part.nullable else (False,) for part in key.parts]
    return list(product(*may_be)) if not key.nulls_distinct else [(False,) * len(key.parts)]


def explain(
    snapshot: Snapshot,
    catalog: Catalog,
    key: UniqueKey,
    parts: tuple[KeyPart, ...],
    nulls: tuple[bool, ...] | list[bool],
    *,
    within: bool,
    count: int,
) -> dict[str, Any]:
    table = table_of(catalog, key)
    parents = parents_of(catalog, table)
    statement = held_rows(table, parts, nulls, key=key, parents=parents, within=within)
    given = [part for part, is_null in zip(parts, nulls, strict=True) if not is_null]
    return plan_of(snapshot, statement, given, count)


def plan_of(
    snapshot: Snapshot,
    statement: str,
    given: list[KeyPart],
    count: int,
    *,
    analyze: bool = False,
) -> dict[str, Any]:
    arrays = [[A_VALUE.get(part.type, "1")] * count for part in given]
    ((plan,),) = snapshot.rows(f"EXPLAIN (FORMAT JSON, ANALYZE {analyze}) {statement}", *arrays)
    loaded: list[dict[str, Any]] = plan if isinstance(plan, list) else json.loads(plan)
    top: dict[str, Any] = loaded[0]["Plan"]
    return top


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def indexes_used(plan: dict[str, Any], table: str) -> set[str]:
    """The indexes entered, but for those of the parents; at least one must be."""
    used = {
        node["Index Name"]
        for node in nodes(plan)
        if "Index Name" in node and node.get("Relation Name", table) != "organizations"
    }
    assert used
    return used


def full_scans(plan: dict[str, Any]) -> list[str]:
    scans = [node for node in nodes(plan) if node["Node Type"] == "Seq Scan"]
    return [scan["Relation Name"] for scan in scans if scan["Relation Name"] != "organizations"]


def table_of(catalog: Catalog, key: UniqueKey) -> Table:
    table = catalog.table(key.schema, key.table)
    assert table
    return table
