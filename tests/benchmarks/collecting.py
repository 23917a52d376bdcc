"""Events collected and linked per second, against the least that this takes."""

from __future__ import annotations

import gc
import json
import random
import re
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import orjson
import psycopg
from pydantic import HttpUrl, SecretStr
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import IntegrityError

from collectors import pipeline
from collectors.model import Verdict
from collectors.sentry.parse import Origin, parse_event
from collectors.sentry.parse.decode import decode_body
from collectors.settings import SentrySettings, Settings, TargetSettings
from sample_data.postgres import Postgres
from tests.benchmarks.recorded import Answers, record, replayed
from tests.benchmarks.timing import in_turn
from tests.captured import captured
from tests.factories import new_store
from tests.http.serving import local_sentry

EVENTS, ROWS, CUSTOMERS, RETRIES, RUNS = 400, 4_000, 50_000, 4, 5
BODY_BYTES = 250_000
"""The median of real events of FastAPI and SQLAlchemy, most of it frame variables."""
EMPTY = "empty.sqlite"
ORGANIZATION = "0b6f6a70-5a0c-4c6e-8f0e-3f3c7d1f2a10"
SCHEMA = f"""
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
_INSERT = text("INSERT INTO customers (organization_id, email) VALUES (:organization_id, :email)")
_KEY = re.compile(r"Key \(organization_id, lower\(email::text\)\)=\(([^,]+), (.+)\) already exists")
_LOOK_UP = """
SELECT a.n, c.id::text, c.created_at, c.deleted_at
FROM unnest(%s::int[], %s::uuid[], %s::text[]) AS a(n, o, e)
JOIN customers c ON c.organization_id = a.o AND lower(c.email) = a.e
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a benchmark works: a folder, a Target, a server of recorded answers."""

    folder: Path
    dsn: str
    server: str
    token: str = "token"

    def settings(self, *, light: bool) -> Settings:
        """Everything read from that server in one Run."""
        sentry = SentrySettings(
            base_url=HttpUrl(self.server),
            token=SecretStr(self.token),
            organization="sample",
            light_rows=light,
            most_events=10_000_000,
        )
        target = TargetSettings(read_dsn=SecretStr(self.dsn))
        return Settings(targets={"production": target}, sentry=sentry)


def measure(folder: Path) -> Iterator[dict[str, Any]]:
    """Events a second of `collect`, from bodies and from rows, and of the floor over the same."""
    with Postgres.start(folder / "postgres") as postgres:
        dsn = postgres.dsn()
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(SCHEMA)
        prepare(folder, dsn)
        events = list(failed_creates(dsn, EVENTS))
        yield _decoding([json.dumps(event).encode() for event in events[:100]])
        rows = list(failed_creates(dsn, ROWS, body_bytes=5_000))
        yield from _over_http(folder, dsn, events, rows)
        some = list(failed_creates(dsn, EVENTS, one_in=10))
        many = list(failed_creates(dsn, ROWS, body_bytes=5_000, one_in=10))
        *_, mixed = _over_http(folder, dsn, some, many, one_in=10)
        yield mixed | {"what": f"{mixed['what']}, where one in ten is a failed create"}


def prepare(folder: Path, dsn: str) -> None:
    """A store without Failures, whose hourly survey of the Target was made just now."""
    (folder / "nothing.jsonl").touch()
    settings = Settings(targets={"production": TargetSettings(read_dsn=SecretStr(dsn))})
    with closing(new_store(folder)) as store:
        pipeline.run(settings, store, paths=[str(folder / "nothing.jsonl")])
    (folder / "store.sqlite").rename(folder / EMPTY)


def failed_creates(
    dsn: str, count: int, body_bytes: int = BODY_BYTES, *, one_in: int = 1
) -> Iterator[dict[str, Any]]:
    """Real events of creates that really failed, some of them retried, padded to a real size.

    With `one_in`, only every so manieth is one; the others are reads that failed.
    """
    at = datetime.now(UTC) - timedelta(minutes=5)
    rng = random.Random(7)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz_", k=9)) for _ in range(3_000)]
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        for number in range(count):
            error = _failure(connection, number) if number % one_in == 0 else _unrelated()
            event = captured(error, environment="production", at=at)
            if number % one_in:
                event["transaction"] = "GET /v1/orders/"
            frames = event["exception"]["values"][0]["stacktrace"]["frames"]
            frames[0]["vars"] = {
                f"v{n}": " ".join(rng.choices(words, k=50)) for n in range(body_bytes // 510)
            }
            yield event | {"event_id": uuid4().hex}
    engine.dispose()


def _unrelated() -> Exception:
    try:
        raise LookupError("no such order")
    except LookupError as error:
        return error


def _failure(connection: Connection, number: int) -> IntegrityError:
    email = f"customer.{(number // RETRIES + 1) * 10 % CUSTOMERS or 10}@example.com"
    try:
        connection.execute(_INSERT, {"organization_id": ORGANIZATION, "email": email})
    except IntegrityError as error:
        connection.rollback()
        return error
    raise AssertionError("it did not fail")


def _decoding(bodies: Sequence[bytes]) -> dict[str, Any]:
    origin = Origin(datetime.now(UTC))
    medians = in_turn(
        RUNS,
        decoded=lambda: [decode_body(body) for body in bodies],
        read=lambda: [parse_event(body, origin) for body in bodies],
        orjson=lambda: [orjson.loads(body) for body in bodies],
    )
    return {
        "what": "event bodies decoded, and read to an Event, against orjson's decoding",
        "event_bytes": len(bodies[0]),
        "decoded_per_s": round(len(bodies) / medians["decoded"]),
        "orjson_per_s": round(len(bodies) / medians["orjson"]),
        "times_orjson": round(medians["orjson"] / medians["decoded"], 2),
        "read_times_orjson": round(medians["orjson"] / medians["read"], 2),
    }


def _over_http(
    folder: Path,
    dsn: str,
    events: Sequence[dict[str, Any]],
    rows: Sequence[dict[str, Any]],
    *,
    one_in: int = 1,
) -> Iterator[dict[str, Any]]:
    answers = recorded(folder, dsn, events, light=False, one_in=one_in)
    light = recorded(folder, dsn, rows, light=True, one_in=one_in)
    bodies = [call for call in answers if "full=true" in call]
    with replayed(answers, folder) as url, replayed(light, folder) as light_url:
        gc.collect()
        gc.freeze()  # what was recorded is the benchmark's own burden, not that of what it measures
        place, light_place = Place(folder, dsn, url), Place(folder, dsn, light_url)
        medians = in_turn(
            RUNS,
            floor=lambda: _floor(place, bodies),
            bodies=lambda: collect(place, EVENTS // one_in, light=False),
            rows=lambda: collect(light_place, ROWS // one_in, light=True),
        )
    yield {
        "what": "events collected and linked per second over HTTP, whole bodies",
        "collect_per_s": round(EVENTS / medians["bodies"]),
        "floor_per_s": round(EVENTS / medians["floor"]),
        "of_floor": round(medians["floor"] / medians["bodies"], 2),
    }
    yield {
        "what": "events collected and linked per second over HTTP, light rows",
        "rows_per_s": round(ROWS / medians["rows"]),
        "bodies_per_s": round(EVENTS / medians["bodies"]),
        "times_bodies": round(ROWS / medians["rows"] / (EVENTS / medians["bodies"]), 2),
    }


def recorded(
    folder: Path, dsn: str, events: Sequence[dict[str, Any]], *, light: bool, one_in: int = 1
) -> Answers:
    """What a local Sentry that holds these events answers to a whole collect."""
    with local_sentry("api") as sentry:
        for event in events:
            sentry.send(event)
        place = Place(folder, dsn, sentry.address.url, sentry.address.token)
        collect(place, len(events) // one_in, light=light)
        return record(place.server, place.token, list(dict.fromkeys(sentry.served.take_calls())))


def collect(place: Place, events: int, *, light: bool) -> None:
    """A whole Run into an empty store, of which so many Events are failed creates."""
    for file in place.folder.glob("store.sqlite*"):
        file.unlink()
    shutil.copy(place.folder / EMPTY, place.folder / "store.sqlite")
    with closing(new_store(place.folder)) as store:
        summary = pipeline.run(place.settings(light=light), store)
    assert summary.by_verdict[Verdict.BLOCKED_BY_TOMBSTONE] == events, summary


class _Value(msgspec.Struct):
    value: str


class _Data(msgspec.Struct):
    values: list[_Value] = []


class _Entry(msgspec.Struct):
    type: str
    data: _Data


class _Body(msgspec.Struct, kw_only=True):
    id: str
    created: str = msgspec.field(name="dateCreated")
    entries: list[_Entry]


_PAGE = msgspec.json.Decoder(list[_Body])


def _floor(place: Place, calls: Sequence[str]) -> None:
    file = place.folder / "floor.sqlite"
    file.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(file)) as store,
        psycopg.connect(place.dsn) as target,
        httpx.Client(base_url=place.server) as http,
    ):
        store.execute("PRAGMA journal_mode=WAL")
        store.execute("CREATE TABLE f (id TEXT PRIMARY KEY, at TEXT, row TEXT, deleted TEXT)")
        for call in calls:
            page: list[tuple[str, str, str, str]] = []
            for event in _PAGE.decode(http.get(call).content):
                found = _KEY.search(event.entries[0].data.values[0].value)
                if found is not None:
                    page.append((event.id, event.created, found[1], found[2]))
            _store_page(store, target, page)


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
