"""Keys looked up per second among 2,000,000 customers, against pure SQL with the index forced."""

from __future__ import annotations

import gc
import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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
from tests.benchmarks.timing import in_turn

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
JOBS = ("lookups", "floor", "count", "one_by_one")
_ROW = "c.id, c.created_at, c.deleted_at"
_FLOOR = f"""
SELECT k.n, {_ROW} FROM wanted k
JOIN customers c ON c.organization_id = k.organization AND lower(c.email) = k.email
"""
_ONE = f"SELECT {_ROW} FROM customers c WHERE c.organization_id = $1 AND lower(c.email) = $2"
_LOCKS = """
SELECT DISTINCT mode FROM pg_locks l
WHERE l.pid = %s AND l.locktype = 'relation'
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A table of so many customers, and everything that is asked of it."""

    dsn: str
    snapshot: Snapshot
    keys: list[KeyValues]
    lookups: list[KeyLookup]
    floor: psycopg.Connection[Any]
    single: psycopg.Connection[Any]


def measure(folder: Path) -> Iterator[dict[str, Any]]:
    """Look-ups a second, of the floor and one by one; the cost of a key as the table grows.

    All in turn, the small table's with the large one's: a machine's pace changes within a minute.
    """
    with Postgres.start(folder / "postgres") as server, ExitStack() as opened:
        few, many = (_asked(server, rows, opened) for rows in (FEW, MANY))
        gc.collect()
        gc.freeze()  # the questions are the benchmark's own burden
        medians = in_turn(5, **_jobs(few, "few"), **_jobs(many, "many"))
        per_key = {
            "few": medians["few_lookups"] / len(few.keys),
            "many": medians["many_lookups"] / len(many.keys),
        }
        for name, asked in (("few", few), ("many", many)):
            took = {what: medians[f"{name}_{what}"] for what in JOBS}
            yield {
                "what": "keys looked up per second",
                "customers": FEW if asked is few else MANY,
                "lookups_per_s": round(len(asked.keys) / took["lookups"]),
                "floor_per_s": round(len(asked.keys) / took["floor"]),
                "of_floor": round(took["floor"] / took["lookups"], 2),
                "of_floor_that_brings_nothing_back": round(took["count"] / took["lookups"], 2),
                "times_one_by_one": round(took["one_by_one"] / ONE_BY_ONE / per_key[name], 1),
                "locks": _locks_taken(asked),
            }
    yield {
        "what": f"cost of a key at {MANY:,} rows, of that at {FEW:,}",
        "times": round(per_key["many"] / per_key["few"], 2),
    }


def _asked(server: Postgres, rows: int, opened: ExitStack) -> Asked:
    dsn = _customers(server, f"c{rows}", rows)
    snapshot = opened.enter_context(opened.enter_context(ReadTarget("bench", dsn)).snapshot())
    keys = _keys(rows)
    (key,) = read_catalog(snapshot).keys_named("by_email")
    floor = opened.enter_context(psycopg.connect(dsn))
    _want(floor, keys)
    single = opened.enter_context(psycopg.connect(dsn, autocommit=True))
    single.prepare_threshold = None  # as through a pooler in transaction mode
    return Asked(dsn, snapshot, keys, [KeyLookup(key, values) for values in keys], floor, single)


def _jobs(asked: Asked, name: str) -> dict[str, Callable[[], object]]:
    catalog, chosen = read_catalog(asked.snapshot), random.Random(2)
    assert _ask(asked, catalog) == len(asked.lookups)
    jobs: dict[str, Callable[[], object]] = {
        "lookups": lambda: _ask(asked, catalog),
        "floor": lambda: asked.floor.execute(_FLOOR).fetchall(),
        "count": lambda: asked.floor.execute(f"SELECT count(f) FROM ({_FLOOR}) f").fetchall(),
        "one_by_one": lambda: _one_by_one(asked.single, chosen.sample(asked.keys, ONE_BY_ONE)),
    }
    return {f"{name}_{what}": jobs[what] for what in JOBS}


def _customers(server: Postgres, database: str, rows: int) -> str:
    server.create_database(database)
    dsn = server.dsn(database)
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


def _ask(asked: Asked, catalog: Catalog) -> int:
    """How many rows hold them, asked as a Run does: a page at a time, each let go of."""
    starts = range(0, len(asked.lookups), PAGE)
    pages = (asked.lookups[start : start + PAGE] for start in starts)
    answers = (find_holders(asked.snapshot, catalog, page) for page in pages)
    return sum(len(one.holders) for page in answers for one in page)


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


def _locks_taken(asked: Asked) -> list[str]:
    """Every mode of lock that we hold on a table while the look-ups run."""
    catalog = read_catalog(asked.snapshot)
    with _watching(asked) as modes:
        _ask(asked, catalog)
    return sorted(modes)


@contextmanager
def _watching(asked: Asked) -> Iterator[set[str]]:
    modes: set[str] = set()
    done, pid = threading.Event(), asked.snapshot.connection.info.backend_pid

    def watch() -> None:
        with psycopg.connect(asked.dsn, autocommit=True) as connection:
            while not done.is_set():
                modes.update(mode for (mode,) in connection.execute(_LOCKS, [pid]))
                time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield modes
    finally:
        done.set()
        watcher.join()
