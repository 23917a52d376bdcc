"""From a real conflict to the row that caused it, through `collect` and `explain`, kind by kind."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.errors import UniqueViolation

from collectors.evidence.database import Store
from collectors.evidence.reads.failures import FailureFilter, FailureRow, list_failures
from collectors.explain import explain
from collectors.inquiry import Inquiry
from collectors.model import RowRef, Verdict, row_id_parts
from collectors.pipeline import run
from collectors.settings import Settings, TargetSettings
from sample_data.postgres import Database, Postgres
from tests.captured import captured
from tests.database.test_holders_kinds import DELETED, KINDS, conflict, values_of
from tests.factories import SECRET, new_store


@dataclass(frozen=True)
class Way:
    """A way to say "deleted": `held` is the row in the way, `failing` the statement that met it."""

    columns: str
    index: str
    held: str
    failing: str
    verdict: Verdict = Verdict.BLOCKED_BY_TOMBSTONE
    before: str = ""
    after: str = ""


AGAIN = "INSERT INTO items (email) VALUES ('JANE@e.com')"
TWIN = f"INSERT INTO items (email, deleted_at) VALUES ('jane@e.com', '{DELETED}')"
WAYS = {
    "a time": Way(
        "deleted_at timestamptz, email text",
        "(lower(email))",
        f"(deleted_at, email) VALUES ('{DELETED}', 'jane@e.com')",
        AGAIN,
    ),
    "a time under a quoted name": Way(
        '"deletedAt" timestamp, email text',
        '(lower(email)) INCLUDE ("deletedAt")',
        f"(\"deletedAt\", email) VALUES ('{DELETED}', 'jane@e.com')",
        AGAIN,
    ),
    "a sentinel by default, which may be NULL": Way(
        "deleted_at timestamptz DEFAULT 'infinity', email text",
        "(lower(email))",
        f"(deleted_at, email) VALUES ('{DELETED}', 'jane@e.com')",
        AGAIN,
    ),
    "a sentinel by default, which may be NULL, on a live row": Way(
        "deleted_at timestamptz DEFAULT 'infinity', email text",
        "(lower(email))",
        "(email) VALUES ('jane@e.com')",
        AGAIN,
        Verdict.LIVE_DUPLICATE,
    ),
    "a computed sentinel by default": Way(
        "deleted_at timestamptz DEFAULT to_timestamp(0), email text",
        "(lower(email))",
        f"(deleted_at, email) VALUES ('{DELETED}', 'jane@e.com')",
        AGAIN,
    ),
    "a computed sentinel by default, on a live row": Way(
        "deleted_at timestamp DEFAULT (to_timestamp(0) AT TIME ZONE 'UTC'), email text",
        "(lower(email))",
        "(email) VALUES ('jane@e.com')",
        AGAIN,
        Verdict.LIVE_DUPLICATE,
    ),
    "a sentinel that only the application knows, on a live row": Way(
        "deleted_at timestamptz, email text",
        "(lower(email))",
        "(deleted_at, email) VALUES ('infinity', 'jane@e.com')",
        AGAIN,
        Verdict.UNDECIDED,
    ),
    "a status of a domain": Way(
        "status state NOT NULL DEFAULT 'active', email text",
        "(lower(email))",
        "(status, email) VALUES ('deleted', 'jane@e.com')",
        AGAIN,
        before="CREATE DOMAIN state AS text CHECK (VALUE IN ('active', 'deleted'))",
    ),
    "a digit string for a time": Way(
        "deleted_at bigint NOT NULL DEFAULT 0, email text",
        "(lower(email))",
        "(deleted_at, email) VALUES (20260301100000, 'jane@e.com')",
        AGAIN,
    ),
    "a function of the whole row": Way(
        "deleted_at timestamptz, email text",
        "(folded(items))",
        f"(deleted_at, email) VALUES ('{DELETED}', 'jane@e.com')",
        AGAIN,
        after="CREATE FUNCTION folded(items) RETURNS text IMMUTABLE RETURN lower(($1).email)",
    ),
    "a boolean": Way(
        "is_deleted boolean NOT NULL DEFAULT false, email text",
        "(lower(email))",
        "(is_deleted, email) VALUES (true, 'jane@e.com')",
        AGAIN,
    ),
    "a flag that is true by default, on a live row": Way(
        "deleted boolean NOT NULL DEFAULT true, email text",
        "(lower(email))",
        "(email) VALUES ('jane@e.com')",
        AGAIN,
        Verdict.LIVE_DUPLICATE,
    ),
    "a flag that is true by default, taken back": Way(
        "deleted boolean NOT NULL DEFAULT true, email text",
        "(lower(email))",
        "(deleted, email) VALUES (false, 'jane@e.com')",
        AGAIN,
    ),
    "seconds since 1970": Way(
        "deleted_at bigint NOT NULL DEFAULT 0, email text",
        "(lower(email))",
        "(deleted_at, email) VALUES (1770000000, 'jane@e.com')",
        AGAIN,
    ),
    "a status": Way(
        "status state NOT NULL DEFAULT 'active', email text",
        "(lower(email))",
        "(status, email) VALUES ('deleted', 'jane@e.com')",
        AGAIN,
        before="CREATE TYPE state AS ENUM ('active', 'deleted')",
    ),
    "milliseconds since 1970": Way(
        "deleted_at bigint NOT NULL DEFAULT 0, email text",
        "(lower(email))",
        "(deleted_at, email) VALUES (1770000000000, 'jane@e.com')",
        AGAIN,
    ),
    "the row's own id, negative": Way(
        "deleted int NOT NULL DEFAULT 0, email text",
        "(lower(email))",
        "(deleted, email) VALUES (-1, 'jane@e.com')",
        AGAIN,
    ),
    "a count of what was deleted": Way(
        "deleted int NOT NULL DEFAULT 0, email text",
        "(lower(email))",
        "(deleted, email) VALUES (5, 'jane@e.com')",
        AGAIN,
        Verdict.UNDECIDED,
    ),
    "a flag in a third state": Way(
        "del_flag char(1) DEFAULT '0', email text",
        "(lower(email))",
        "(del_flag, email) VALUES ('2', 'jane@e.com')",
        AGAIN,
        Verdict.UNDECIDED,
    ),
    "a status, under a predicate on another one": Way(
        "status state NOT NULL DEFAULT 'active', email text",
        "(lower(email)) WHERE status <> 'archived'",
        "(status, email) VALUES ('deleted', 'jane@e.com')",
        "INSERT INTO items (status, email) VALUES ('archived', 'jane@e.com'); " + AGAIN,
        before="CREATE TYPE state AS ENUM ('active', 'archived', 'deleted')",
    ),
    "a column that the server computes": Way(
        "deleted_at timestamptz, email text, folded text GENERATED ALWAYS AS (lower(email)) STORED",
        "(folded)",
        f"(deleted_at, email) VALUES ('{DELETED}', 'jane@e.com')",
        AGAIN,
    ),
    "a field of jsonb": Way(
        "deleted_at timestamptz, data jsonb",
        "(lower(data #>> '{contact,email}'))",
        f'(deleted_at, data) VALUES (\'{DELETED}\', \'{{"contact": {{"email": "J@e.com"}}}}\')',
        'INSERT INTO items (data) VALUES (\'{"contact": {"email": "j@E.com"}}\')',
    ),
    "a digest of a long text": Way(
        "deleted_at timestamptz, org int, body text",
        "(org, md5(body))",
        f"(deleted_at, org, body) VALUES ('{DELETED}', 1, 'hello, (world)')",
        "INSERT INTO items (org, body) VALUES (1, 'hello, (world)')",
    ),
    "the day of a time": Way(
        "deleted_at timestamptz, who text, at timestamp",
        "(who, date_trunc('day', at))",
        f"(deleted_at, who, at) VALUES ('{DELETED}', 'x', '2026-01-01 10:00')",
        "INSERT INTO items (who, at) VALUES ('x', '2026-01-01 11:00')",
    ),
    "an inheriting table with the same values": Way(
        "deleted_at timestamptz, email text",
        "(lower(email))",
        f"(deleted_at, email) VALUES ('{DELETED}', 'jane@e.com')",
        "CREATE TABLE heirs () INHERITS (items); INSERT INTO heirs (id, deleted_at, email)"
        f" VALUES (99, '{DELETED}', 'jane@e.com'); {AGAIN}",
    ),
    "a sentinel for a time, a live row beside a deleted twin": Way(
        "deleted_at timestamp, email text",
        "(email, COALESCE(deleted_at, '1970-01-01'::timestamp))",
        "(email) VALUES ('jane@e.com')",
        "INSERT INTO items (email, deleted_at) VALUES ('jane@e.com', '2026-03-01 10:00');"
        " INSERT INTO items (email) VALUES ('jane@e.com')",
        Verdict.LIVE_DUPLICATE,
    ),
    "seconds since 1970 in the key, a live row beside a deleted twin": Way(
        "deleted_at bigint NOT NULL DEFAULT 0, email text",
        "(email, deleted_at)",
        "(email) VALUES ('jane@e.com')",
        "INSERT INTO items (email, deleted_at) VALUES ('jane@e.com', 1770000000);"
        " INSERT INTO items (email) VALUES ('jane@e.com')",
        Verdict.LIVE_DUPLICATE,
    ),
    "a time in the key, deleted twice": Way(
        "deleted_at timestamptz, email text",
        "(email, deleted_at) NULLS NOT DISTINCT",
        f"(deleted_at, email) VALUES ('{DELETED}', 'jane@e.com')",
        TWIN,
    ),
    "a time, where the key goes by a flag that was left alone": Way(
        "deleted_at timestamptz, is_deleted boolean, email text",
        "(lower(email)) WHERE is_deleted IS NOT TRUE",
        f"(deleted_at, email) VALUES ('{DELETED}', 'jane@e.com')",
        AGAIN,
        Verdict.UNDECIDED,
    ),
    "a time, where the key goes by another one that was left alone": Way(
        "deleted_at timestamptz, removed_at timestamptz, email text",
        "(lower(email)) WHERE removed_at IS NULL",
        f"(deleted_at, email) VALUES ('{DELETED}', 'jane@e.com')",
        AGAIN,
        Verdict.UNDECIDED,
    ),
    "a time of something else, on a live row": Way(
        "removed_at timestamptz, deleted_at timestamptz, email text",
        "(lower(email))",
        f"(removed_at, email) VALUES ('{DELETED}', 'jane@e.com')",
        AGAIN,
        Verdict.UNDECIDED,
    ),
    "a day on which it is to be deleted, on a live row": Way(
        "delete_on date, deleted_at timestamptz, email text",
        "(lower(email))",
        f"(delete_on, email) VALUES ('{DELETED}', 'jane@e.com')",
        AGAIN,
        Verdict.LIVE_DUPLICATE,
    ),
    "the status of something that a live row has": Way(
        "avatar_state state NOT NULL DEFAULT 'active', email text",
        "(lower(email))",
        "(avatar_state, email) VALUES ('removed', 'jane@e.com')",
        AGAIN,
        Verdict.LIVE_DUPLICATE,
        before="CREATE TYPE state AS ENUM ('active', 'removed')",
    ),
    "a time, where the key goes by a flag, on a live row": Way(
        "deleted_at timestamptz, is_deleted boolean, email text",
        "(lower(email)) WHERE is_deleted IS NOT TRUE",
        "(email) VALUES ('jane@e.com')",
        "INSERT INTO items (email, deleted_at, is_deleted)"
        f" VALUES ('jane@e.com', '{DELETED}', true); {AGAIN}",
        Verdict.LIVE_DUPLICATE,
    ),
    "a boolean in the key, deleted twice": Way(
        "is_deleted boolean NOT NULL DEFAULT false, email text",
        "(email, is_deleted)",
        "(is_deleted, email) VALUES (true, 'jane@e.com')",
        "INSERT INTO items (email, is_deleted) VALUES ('jane@e.com', true)",
    ),
    "whether there is a time in the key, deleted twice": Way(
        "deleted_at timestamptz, email text",
        "(email, (deleted_at IS NULL))",
        f"(deleted_at, email) VALUES ('{DELETED}', 'jane@e.com')",
        TWIN,
    ),
    "whether there is none in the key, deleted twice": Way(
        "deleted_at timestamptz, email text",
        "(email, (deleted_at IS NOT NULL))",
        f"(deleted_at, email) VALUES ('{DELETED}', 'jane@e.com')",
        TWIN,
    ),
    "whether there is a time in the key, a live row beside a deleted twin": Way(
        "deleted_at timestamptz, email text",
        "(email, (deleted_at IS NULL))",
        "(email) VALUES ('jane@e.com')",
        f"{TWIN}; INSERT INTO items (email) VALUES ('jane@e.com')",
        Verdict.LIVE_DUPLICATE,
    ),
    "an inverted predicate, deleted twice": Way(
        "deleted_at timestamptz, email text",
        "(email) WHERE deleted_at IS NOT NULL",
        f"(deleted_at, email) VALUES ('{DELETED}', 'jane@e.com')",
        TWIN,
    ),
    "a time in the key, a live row beside a deleted twin": Way(
        "deleted_at timestamptz, email text",
        "(email, deleted_at) NULLS NOT DISTINCT",
        "(email) VALUES ('jane@e.com')",
        f"{TWIN}; INSERT INTO items (email) VALUES ('jane@e.com')",
        Verdict.LIVE_DUPLICATE,
    ),
    "a predicate, a live row beside a deleted twin": Way(
        "deleted_at timestamptz, email text",
        "(email) WHERE deleted_at IS NULL",
        "(email) VALUES ('jane@e.com')",
        f"{TWIN}; INSERT INTO items (email) VALUES ('jane@e.com')",
        Verdict.LIVE_DUPLICATE,
    ),
}


@dataclass(frozen=True)
class Met:
    """A conflict that happened: the row in the way, and what was reported of it."""

    row: str
    error: UniqueViolation
    event: dict[str, Any]
    verdict: Verdict = Verdict.BLOCKED_BY_TOMBSTONE
    id_width: int = 1

    def is_row(self, found: RowRef | None) -> bool:
        """Whether that is the row in the way."""
        parts = row_id_parts(found.id, self.id_width) if found else None
        return parts is not None and parts[0] == self.row


@dataclass(frozen=True)
class Shop:
    """All conflicts by their kind, collected in one Run; and a store that has seen none of them.

    An Inquiry goes with each store: its catalog of all these schemas is read once, not for each.
    """

    met: dict[str, Met]
    failures: dict[str, FailureRow]
    store: Store
    empty: Store
    asking: Inquiry
    asking_anew: Inquiry


@pytest.fixture(scope="module")
def shop(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One database with a schema for each kind."""
    name = f"kinds_{uuid.uuid4().hex}"
    postgres.create_database(name, template="template0")
    database = Database(name, postgres.dsn(name))
    database.execute("CREATE EXTENSION citext")
    met = {kind.id: _met(database, number) for number, kind in enumerate(KINDS)}
    met |= {way: _met_way(database, number, WAYS[way]) for number, way in enumerate(WAYS)}
    schemas = ((schema,) for schema in _schemas())
    names = tuple(name for (name,) in schemas)
    read = {"read_dsn": database.dsn, "schemas": names}
    targets = {"production": TargetSettings.model_validate(read)}
    settings = Settings.model_validate({"secret_key": SECRET, "targets": targets})
    with ExitStack() as stack:
        folders = [tmp_path_factory.mktemp("kinds") for _ in range(2)]
        store, empty = (stack.enter_context(closing(new_store(one))) for one in folders)
        failures = _collected(settings, store, met, folders[0])
        asking, anew = (
            stack.enter_context(closing(Inquiry(settings, one))) for one in (store, empty)
        )
        yield Shop(met, failures, store, empty, asking, anew)
    postgres.drop_database(name)


def _schemas() -> list[str]:
    return [f"k_{n}" for n in range(len(KINDS))] + [f"w_{n}" for n in range(len(WAYS))]


def _met(database: Database, number: int) -> Met:
    kind = KINDS[number]
    row, error = conflict(database, kind, f"k_{number}", name=f'"Key {number}, (odd)"')
    return Met(row, error, _event(error), id_width=kind.primary.count(",") + 1)


def _met_way(database: Database, number: int, way: Way) -> Met:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA w_{number}")
        connection.execute(f"SET search_path = w_{number}, public")
        if way.before:
            connection.execute(way.before)
        identity = "id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
        connection.execute(f"CREATE TABLE items ({identity}, {way.columns})")
        if way.after:
            connection.execute(way.after)
        connection.execute(f"CREATE UNIQUE INDEX way_{number} ON items {way.index}")
        made = connection.execute(f"INSERT INTO items {way.held} RETURNING id").fetchone()
        assert made
        *first, last = way.failing.split("; ")
        for statement in first:
            connection.execute(statement)
        with pytest.raises(UniqueViolation) as caught:
            connection.execute(last)
    return Met(str(made[0]), caught.value, _event(caught.value), way.verdict)


def _event(error: UniqueViolation) -> dict[str, Any]:
    return captured(error, environment="production", at=datetime.now(UTC) - timedelta(minutes=5))


def _collected(
    settings: Settings, store: Store, met: dict[str, Met], folder: Path
) -> dict[str, FailureRow]:
    inbox = folder / "events.jsonl"
    inbox.write_text("\n".join(json.dumps(one.event) for one in met.values()))
    assert not run(settings, store, paths=[str(inbox)]).unreachable
    return {
        name: list_failures(store, FailureFilter(event_id=one.event["event_id"]))[0]
        for name, one in met.items()
    }


@pytest.mark.parametrize("name", [*(kind.id for kind in KINDS), *WAYS])
def test_collect_finds_the_row_that_caused_the_conflict(shop: Shop, name: str) -> None:
    failure, met = shop.failures[name], shop.met[name]
    assert failure.verdict is met.verdict, failure.reasons
    if met.verdict.is_blocked:
        assert met.is_row(failure.blocker)
        assert failure.candidates == ()
    else:
        assert failure.blocker is None


@pytest.mark.parametrize("name", [*(kind.id for kind in KINDS), *WAYS])
def test_explain_reads_the_message_and_asks_about_the_same_row(shop: Shop, name: str) -> None:
    met = shop.met[name]
    told = explain(shop.asking_anew, shop.empty, str(met.error), "production")
    assert told.kind == "unique_violation"
    assert told.key is not None
    assert told.key.constraint == met.error.diag.constraint_name
    assert values_of(met.error.diag.message_detail or "") in told.key.splits
    assert told.verdict is met.verdict


@pytest.mark.parametrize("name", [*(kind.id for kind in KINDS), *WAYS])
def test_explain_of_the_event_names_the_collected_failure(shop: Shop, name: str) -> None:
    met = shop.met[name]
    told = explain(shop.asking, shop.store, json.dumps(met.event), "production")
    assert met.event["event_id"] in told.failures
