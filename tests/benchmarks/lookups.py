"""Keys looked up per second among 2,000,000 customers, against pure SQL with the index forced."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from collectors.model import Catalog, KeyLookup, KeyValues
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.holders import find_holders
from collectors.postgres.snapshot import Snapshot
from sample_data.postgres import Postgres
from tests.benchmarks.timing import in_turn, ratio

FEW, MANY, ONE_BY_ONE = 20_000, 2_000_000, 5_000
MOST_KEYS, PAGE = 100_000, 1_000
ORGANIZATIONS = 2_000
_SCHEMA = f"""
CREATE TABLE organizations (id uuid PRIMARY KEY, deleted_at timestamptz);
INSERT INTO organizations SELECT md5('o' || g)::uuid FROM generate_series(0, {ORGANIZATIONS - 1}) g;
CREATE TABLE customers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), created_at timestamptz NOT NULL,
    modified_at timestamptz, deleted_at timestamptz,
    organization_id uuid NOT NULL REFERENCES organizations, email varchar(320) NOT NULL,
    name varchar, billing_address jsonb, external_id varchar,
    user_metadata jsonb NOT NULL DEFAULT '{{}}'
);
INSERT INTO customers (created_at, deleted_at, organization_id, email, name)
SELECT now() - g * interval '1 second', CASE WHEN g % 10 = 0 THEN now() - interval '1 day' END,
       md5('o' || g % {ORGANIZATIONS})::uuid, 'Customer.' || g || '@example.com', 'Customer ' || g
FROM generate_series(1, %s) g;
CREATE UNIQUE INDEX by_email ON customers (organization_id, lower(email));
"""
_ROW = "c.id, c.created_at, c.deleted_at"
_FLOOR = f"""
SELECT k.n, {_ROW} FROM wanted k
JOIN customers c ON c.organization_id = k.organization AND lower(c.email) = k.email
"""
_ONE = f"SELECT {_ROW} FROM customers c WHERE c.organization_id = $1 AND lower(c.email) = $2"
_LOCKS = """
SELECT DISTINCT mode FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE d.datname = %s AND l.pid <> pg_backend_pid() AND l.locktype = 'relation'
"""


def measure(folder: Path) -> Iterator[dict[str, Any]]:
    """Look-ups a second, of the floor and one by one; the cost of a key as the table grows."""
    with Postgres.start(folder / "postgres") as server:
        per_key = dict.fromkeys((FEW, MANY), 0.0)
        for rows in per_key:
            dsn = _customers(server, rows)
            with ReadTarget("bench", dsn) as target, target.snapshot() as snapshot:
                keys = _keys(rows)
                lookups = _lookups(snapshot, keys)
                medians = _compare(snapshot, dsn, keys, lookups)
                per_key[rows] = medians["lookups"] / len(keys)
                locks = _locks_taken(server, f"c{rows}", snapshot, lookups)
            yield {
                "what": "keys looked up per second",
                "customers": rows,
                "lookups_per_s": round(len(keys) / medians["lookups"]),
                "floor_per_s": round(len(keys) / medians["floor"]),
                "of_floor": round(1 / ratio(medians, "lookups", "floor"), 2),
                "of_floor_that_brings_nothing_back": round(
                    1 / ratio(medians, "lookups", "count"), 2
                ),
                "times_one_by_one": round(medians["one_by_one"] / ONE_BY_ONE / per_key[rows], 1),
                "locks": locks,
            }
    yield {
        "what": f"cost of a key at {MANY:,} rows, of that at {FEW:,}",
        "times": round(per_key[MANY] / per_key[FEW], 2),
    }


def _customers(server: Postgres, rows: int) -> str:
    server.create_database(f"c{rows}")
    dsn = server.dsn(f"c{rows}")
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in _SCHEMA.replace("%s", str(rows)).split(";"):
            connection.execute(statement)
        connection.execute("VACUUM ANALYZE")
    return dsn


def _keys(rows: int) -> list[KeyValues]:
    """In no order, as Events come, and each once: equal ones would be asked together."""
    numbers = random.Random(1).sample(range(1, rows + 1), min(rows, MOST_KEYS))
    return [(_organization(number), f"customer.{number}@example.com") for number in numbers]


def _organization(number: int) -> str:
    digest = hashlib.md5(f"o{number % ORGANIZATIONS}".encode(), usedforsecurity=False)
    return str(UUID(digest.hexdigest()))


def _lookups(snapshot: Snapshot, keys: list[KeyValues]) -> list[KeyLookup]:
    (key,) = read_catalog(snapshot).keys_named("by_email")
    return [KeyLookup(key, values) for values in keys]


def _compare(
    snapshot: Snapshot, dsn: str, keys: list[KeyValues], lookups: list[KeyLookup]
) -> dict[str, float]:
    catalog, chosen = read_catalog(snapshot), random.Random(2)
    with psycopg.connect(dsn) as floor, psycopg.connect(dsn, autocommit=True) as single:
        single.prepare_threshold = None  # as through a pooler in transaction mode
        _want(floor, keys)
        assert _ask(snapshot, catalog, lookups) == len(lookups)
        return in_turn(
            5,
            lookups=lambda: _ask(snapshot, catalog, lookups),
            floor=lambda: floor.execute(_FLOOR).fetchall(),
            count=lambda: floor.execute(f"SELECT count(f) FROM ({_FLOOR}) f").fetchall(),
            one_by_one=lambda: _one_by_one(single, chosen.sample(keys, ONE_BY_ONE)),
        )


def _ask(snapshot: Snapshot, catalog: Catalog, lookups: list[KeyLookup]) -> int:
    """How many rows hold them, asked as a Run does: a page at a time, each let go of."""
    pages = (lookups[start : start + PAGE] for start in range(0, len(lookups), PAGE))
    return sum(len(one.holders) for page in pages for one in find_holders(snapshot, catalog, page))


def _want(connection: psycopg.Connection[Any], keys: list[KeyValues]) -> None:
    """The keys in a table, and no other way to join it than by the index."""
    connection.execute(
        "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_memoize = off;"
        "SET jit = off;"
        "SET max_parallel_workers_per_gather = 0;"
        "CREATE TEMP TABLE wanted (n int, organization uuid, email text)"
    )
    with connection.cursor().copy("COPY wanted FROM STDIN") as copy:
        for number, values in enumerate(keys):
            copy.write_row((number, *values))
    connection.execute("ANALYZE wanted")


def _one_by_one(connection: psycopg.Connection[Any], keys: list[KeyValues]) -> None:
    with psycopg.RawCursor(connection) as cursor:
        for values in keys:
            cursor.execute(_ONE, values).fetchall()


def _locks_taken(
    server: Postgres, database: str, snapshot: Snapshot, lookups: list[KeyLookup]
) -> list[str]:
    """Every mode of lock that anybody holds on a table while the look-ups run."""
    catalog = read_catalog(snapshot)
    with _watching(server, database) as modes:
        _ask(snapshot, catalog, lookups)
    return sorted(modes)


@contextmanager
def _watching(server: Postgres, database: str) -> Iterator[set[str]]:
    modes: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            while not done.is_set():
                modes.update(mode for (mode,) in connection.execute(_LOCKS, [database]))
                time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield modes
    finally:
        done.set()
        watcher.join()
