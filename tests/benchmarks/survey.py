"""Exposure by organization of 2,000,000 customers, against the plain aggregate; and its locks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from collectors.model import Catalog, Table, TableCounts
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.tombstones.exposure import count_exposure
from sample_data.postgres import Postgres
from tests.benchmarks.timing import in_turn, ratio

CUSTOMERS, ORGANIZATIONS, RUNS = 2_000_000, 2_000, 21
_SCHEMA = f"""
CREATE TABLE organizations (id uuid PRIMARY KEY, name text, deleted_at timestamptz);
INSERT INTO organizations
SELECT md5(n::text)::uuid, 'Organization ' || n FROM generate_series(0, {ORGANIZATIONS - 1}) n;
CREATE TABLE customers (
    id uuid PRIMARY KEY, created_at timestamptz NOT NULL, deleted_at timestamptz,
    organization_id uuid NOT NULL REFERENCES organizations, email varchar(320) NOT NULL,
    name varchar, external_id varchar, user_metadata jsonb
);
INSERT INTO customers
SELECT gen_random_uuid(), now() - n * interval '1 second',
       CASE WHEN n % 10 = 0 THEN now() - n * interval '0.5 second' END,
       md5((n % {ORGANIZATIONS - 1})::text)::uuid, 'customer.' || n || '@example.com', 'Customer',
       CASE WHEN n % 3 = 0 THEN 'ext-' || n END, '{{}}'
FROM generate_series(1, {CUSTOMERS}) n;
CREATE UNIQUE INDEX by_email ON customers (organization_id, lower(email));
CREATE UNIQUE INDEX by_external_id ON customers (organization_id, external_id);
"""
_PLAIN = """
SELECT organization_id, count(*), min(deleted_at)
FROM customers WHERE deleted_at IS NOT NULL GROUP BY 1
"""
_LOCKS = """
SELECT DISTINCT l.mode FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE a.application_name = 'tombstone reader' AND l.locktype = 'relation'
"""


def measure(folder: Path) -> Iterator[dict[str, Any]]:
    """Every unique key of the table counted in one pass, against counting its Tombstones once."""
    with Postgres.start(folder / "postgres") as postgres:
        dsn = postgres.dsn()
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(_SCHEMA)
            connection.execute("VACUUM ANALYZE")
            with ReadTarget("bench", dsn, statement_timeout_ms=120_000) as target:
                yield _compared(connection, target)


def _compared(connection: psycopg.Connection[Any], target: ReadTarget) -> dict[str, Any]:
    catalog = target.ask(read_catalog)
    table = catalog.table("public", "customers")
    assert table is not None
    medians = in_turn(
        RUNS,
        exposure=lambda: _exposure(target, catalog, table),
        plain=lambda: target.ask(lambda snapshot: snapshot.rows(_PLAIN)),
    )
    return {
        "what": "exposure by organization, against the plain aggregate",
        "customers": CUSTOMERS,
        "exposure_ms": round(medians["exposure"] * 1_000),
        "plain_ms": round(medians["plain"] * 1_000),
        "times_plain": ratio(medians, "exposure", "plain"),
        "locks": _locks_during(connection, lambda: _exposure(target, catalog, table)),
    }


def _exposure(target: ReadTarget, catalog: Catalog, table: Table) -> TableCounts:
    return target.ask(lambda snapshot: count_exposure(snapshot, catalog, table))


def _locks_during(connection: psycopg.Connection[Any], job: Callable[[], object]) -> list[str]:
    """Every mode of relation lock that the reader holds while the job runs."""
    thread, seen = threading.Thread(target=job), set[str]()
    thread.start()
    while thread.is_alive():
        seen.update(mode for (mode,) in connection.execute(_LOCKS))
    return sorted(seen)
