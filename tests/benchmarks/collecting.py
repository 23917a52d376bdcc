"""Events collected and linked per second, against decoding, one look-up and one insert."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import psycopg
from pydantic import SecretStr

from collectors import pipeline
from collectors.model import Verdict
from collectors.settings import Settings, TargetSettings
from sample_data.postgres import Postgres
from tests.benchmarks.timing import in_turn, ratio
from tests.captured import captured
from tests.factories import new_store

EVENTS, CUSTOMERS, PAGE = 1_000, 50_000, 100
BODY_BYTES = 250_000
"""The median of real events of FastAPI and SQLAlchemy, most of it frame variables."""
ORGANIZATION = "0b6f6a70-5a0c-4c6e-8f0e-3f3c7d1f2a10"
_SCHEMA = f"""
CREATE TABLE customers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now() - interval '30 days',
    deleted_at timestamptz, organization_id uuid NOT NULL, email varchar(320) NOT NULL,
    name varchar, external_id varchar, user_metadata jsonb
);
INSERT INTO customers (organization_id, email, deleted_at)
SELECT '{ORGANIZATION}', 'customer.' || n || '@example.com',
       CASE WHEN n % 10 = 0 THEN now() - interval '1 day' END
FROM generate_series(1, {CUSTOMERS}) n;
CREATE UNIQUE INDEX ix_email ON customers (organization_id, lower(email));
ANALYZE customers;
"""
_KEY = re.compile(r"Key \(organization_id, lower\(email::text\)\)=\(([^,]+), (.+)\) already exists")
_LOOK_UP = """
SELECT a.n, c.id::text, c.created_at, c.deleted_at
FROM unnest(%s::int[], %s::uuid[], %s::text[]) AS a(n, o, e)
JOIN customers c ON c.organization_id = a.o AND lower(c.email) = a.e
"""


def measure(folder: Path) -> Iterator[dict[str, Any]]:
    """Events a second of `collect --events`, and of the floor over the same file."""
    with Postgres.start(folder / "postgres") as postgres:
        dsn = postgres.dsn()
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(_SCHEMA)
            events = folder / "events.jsonl"
            size = _write_events(connection, events)
        medians = in_turn(
            5,
            collect=lambda: _collect(folder, dsn, events),
            floor=lambda: _floor(folder, dsn, events),
        )
    yield {
        "what": "events collected and linked per second, from files",
        "event_bytes": size,
        "collect_per_s": round(EVENTS / medians["collect"]),
        "floor_per_s": round(EVENTS / medians["floor"]),
        "of_floor": round(1 / ratio(medians, "collect", "floor"), 2),
    }


def _write_events(connection: psycopg.Connection[Any], file: Path) -> int:
    """Real events of creates that really failed, padded to a real size with more variables."""
    insert = "INSERT INTO customers (organization_id, email) VALUES (%s, %s)"
    at = datetime.now(UTC) - timedelta(minutes=5)
    with file.open("w") as out:
        for number in range(EVENTS):
            email = f"customer.{(number + 1) * 10 % CUSTOMERS or 10}@example.com"
            try:
                connection.execute(insert, (ORGANIZATION, email))
            except psycopg.errors.UniqueViolation as error:
                event = captured(error, environment="production", at=at)
            frames = event["exception"]["values"][0]["stacktrace"]["frames"]
            frames[0]["vars"] = {f"v{n}": "x" * 500 for n in range(BODY_BYTES // 510)}
            event["event_id"] = uuid4().hex
            line = json.dumps(event)
            out.write(line + "\n")
    return len(line)


def _collect(folder: Path, dsn: str, events: Path) -> None:
    for file in folder.glob("store.sqlite*"):
        file.unlink()
    target = TargetSettings(read_dsn=SecretStr(dsn))
    settings = Settings(targets={"production": target})
    with closing(new_store(folder)) as store:
        summary = pipeline.run(settings, store, paths=[str(events)])
    assert summary.by_verdict[Verdict.BLOCKED_BY_TOMBSTONE] == EVENTS, summary


def _floor(folder: Path, dsn: str, events: Path) -> None:
    file = folder / "floor.sqlite"
    file.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(file)) as store,
        psycopg.connect(dsn) as target,
        events.open("rb") as lines,
    ):
        store.execute("PRAGMA journal_mode=WAL")
        store.execute("CREATE TABLE f (id TEXT PRIMARY KEY, at TEXT, row TEXT, deleted TEXT)")
        page: list[tuple[str, str, str, str]] = []
        for line in lines:
            event = orjson.loads(line)
            found = _KEY.search(event["exception"]["values"][0]["value"])
            assert found is not None
            page.append((event["event_id"], event["timestamp"], found[1], found[2]))
            if len(page) == PAGE:
                _store_page(store, target, page)
                page.clear()


def _store_page(
    store: sqlite3.Connection,
    target: psycopg.Connection[Any],
    page: list[tuple[str, str, str, str]],
) -> None:
    asked = list(range(len(page))), [one[2] for one in page], [one[3] for one in page]
    held = {n: (row, deleted) for n, row, _, deleted in target.execute(_LOOK_UP, asked)}
    lines = [(one[0], one[1], held[n][0], str(held[n][1])) for n, one in enumerate(page)]
    store.executemany("INSERT INTO f VALUES (?, ?, ?, ?)", lines)
    store.commit()
