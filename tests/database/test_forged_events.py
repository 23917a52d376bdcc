"""Events that somebody forged: they blame no row, and nothing of them reaches the server as SQL."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg.errors import UniqueViolation

from collectors.evidence.reads.failures import FailureFilter, FailureRow, list_failures
from collectors.model import Verdict
from collectors.pipeline import run
from collectors.settings import Settings, TargetSettings
from sample_data.postgres import Database, Postgres
from tests.captured import captured
from tests.database.test_collect import KEY, ORGANIZATION, SCHEMA
from tests.factories import SECRET, new_store

CANARY = "zqcanary7f3b"
OTHERS = "1c7e7b80-6b1d-4d7f-9f1e-4f4d8e2f3b21"
LONELY = "2d8f8c91-7c2e-4e80-8a2f-5a5e9f3a4c32"
MORE = f"""
CREATE TABLE invoices (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now() - interval '30 days', deleted_at timestamptz,
    organization_id uuid NOT NULL, number text NOT NULL
);
CREATE UNIQUE INDEX invoices_number_key ON invoices (organization_id, number);
CREATE TABLE seats (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), deleted_at timestamptz,
    kind text NOT NULL, email text NOT NULL
);
CREATE UNIQUE INDEX seats_email_key ON seats (lower(email)) WHERE kind = 'paid';
INSERT INTO seats (kind, email, deleted_at)
    VALUES ('free', 'gone@example.com', now() - interval '1 day');
CREATE SCHEMA hidden;
CREATE TABLE hidden.customers (LIKE public.customers INCLUDING DEFAULTS);
CREATE UNIQUE INDEX hidden_customers_key ON hidden.customers (organization_id, lower(email));
INSERT INTO customers (organization_id, email, name, deleted_at) VALUES
    ('{ORGANIZATION}', 'gone@example.com', 'Gone', now() - interval '1 day'),
    ('{ORGANIZATION}', 'soon@example.com', 'Soon', now() + interval '1 day'),
    ('{LONELY}', 'only@example.com', '{CANARY}', now() - interval '1 day');
INSERT INTO customers (organization_id, email, name)
    VALUES ('{ORGANIZATION}', 'live@example.com', 'Live');
INSERT INTO customers (organization_id, email, name, deleted_at)
    SELECT '{OTHERS}', 'c' || n || '@example.com', 'Many', now() - interval '1 day'
    FROM generate_series(1, 3000) n;
INSERT INTO invoices (organization_id, number, deleted_at)
    VALUES ('{ORGANIZATION}', 'INV-1', now() - interval '1 day');
INSERT INTO hidden.customers (id, organization_id, email, deleted_at)
    VALUES (gen_random_uuid(), '{ORGANIZATION}', 'hidden@example.com', now() - interval '1 day');
ANALYZE;
"""


@dataclass(frozen=True)
class Forged:
    """What an Event claims. `constraint` and `columns` go into the text as they are."""

    values: str
    columns: str = "organization_id, lower(email::text)"
    constraint: str = KEY
    ago: timedelta = timedelta(minutes=5)
    environment: str = "production"
    driver: dict[str, Any] = field(default_factory=dict)

    def event(self) -> dict[str, Any]:
        """As the SDK would send it, with a canary wherever a sender may write what they like."""
        text = (
            f'duplicate key value violates unique constraint "{self.constraint}"\n'
            f"DETAIL:  Key ({self.columns})=({self.values}) already exists."
        )
        event = captured(
            UniqueViolation(text), environment=self.environment, at=datetime.now(UTC) - self.ago
        )
        planted = {"organization_id": f"'{CANARY}", "name": CANARY, "external_id": f"{CANARY}' --"}
        event["transaction"] = f"{CANARY}'; DROP TABLE customers; --"
        event["release"] = CANARY
        event["tags"] = {CANARY: CANARY, "organization": CANARY}
        event["request"] = {"url": f"https://e.test/{CANARY}?q='", "data": planted}
        event["contexts"] = {"QueryFailedError": self.driver} if self.driver else {}
        return event


def driver(**told: str) -> dict[str, Any]:
    """A driver's own fields, as the SDK's extraErrorData integration keeps them."""
    return {"code": "23505", "name": "QueryFailedError"} | told


GONE = f"{ORGANIZATION}, gone@example.com"
SQL_VALUES = f"{ORGANIZATION}, {CANARY}' OR 1=1; --"
SPLITTABLE = ", ".join([ORGANIZATION, *(f"{CANARY}{n}" for n in range(70)), "gone@example.com"])

FORGED = {
    "a live row": Forged(f"{ORGANIZATION}, live@example.com"),
    "another organization's row": Forged(f"{OTHERS}, gone@example.com"),
    "a row of another table": Forged(f"{ORGANIZATION}, INV-1"),
    "another table's columns": Forged(f"{ORGANIZATION}, INV-1", "organization_id, number"),
    "another table's key": Forged(GONE, constraint="invoices_number_key"),
    "another table in the driver's fields": Forged(
        GONE, driver=driver(constraint="invoices_number_key", table="invoices", schema="public")
    ),
    "SQL for a constraint": Forged(GONE, constraint=f"{KEY}'; SELECT '{CANARY}'; --"),
    "SQL and quotes for a constraint": Forged(GONE, constraint=f'x"; DROP TABLE {CANARY}; --'),
    "SQL in the driver's fields": Forged(
        GONE,
        constraint=CANARY,
        driver=driver(
            constraint=f"{CANARY}'; --",
            table=f'customers"; DROP TABLE {CANARY}; --',
            schema=f"public; {CANARY}",
            detail=f"Key ({CANARY}; --)=({CANARY}') already exists.",
        ),
    ),
    "SQL for a column": Forged(GONE, f"organization_id, (SELECT '{CANARY}' FROM pg_sleep(60))"),
    "SQL after a column": Forged(GONE, f"organization_id, lower(email::text) OR '{CANARY}' <> ''"),
    "SQL for a value": Forged(SQL_VALUES),
    "an array's own signs for a value": Forged(f'{ORGANIZATION}, x"}},{{"{CANARY}\\'),
    "a placeholder for a value": Forged(f"$1{CANARY}, $2"),
    "a value that is not of its type": Forged(f"{CANARY}'::uuid, gone@example.com"),
    "a cast for a value": Forged(f"'{ORGANIZATION}'::uuid, 'gone@example.com'"),
    "a key of another schema": Forged(
        f"{ORGANIZATION}, hidden@example.com", constraint="hidden_customers_key"
    ),
    "a table of another schema": Forged(
        f"{ORGANIZATION}, hidden@example.com", driver=driver(table="customers", schema="hidden")
    ),
    "one column of the key, of many rows": Forged(OTHERS, "organization_id"),
    "one column of the key, of one row": Forged(LONELY, "organization_id"),
    "a column that is not the key's": Forged(CANARY, "name"),
    "two columns, one not the key's": Forged(f"{LONELY}, {CANARY}", "organization_id, name"),
    "plain columns of a key that does not hold the row": Forged(
        "gone@example.com", "email", "seats_email_key"
    ),
    "a live row as if deleted": Forged(
        f"{ORGANIZATION}, live@example.com, 2026-01-01 00:00:00+00",
        "organization_id, lower(email::text), deleted_at",
    ),
    "a deleted row as if live": Forged(
        f"{GONE}, null", "organization_id, lower(email::text), deleted_at"
    ),
    "a NUL in a value": Forged(f"{GONE}\0{CANARY}"),
    "half a character in a value": Forged(f"{GONE}\ud800{CANARY}"),
    "a value of a megabyte": Forged(f"{GONE}{CANARY * 90_000}"),
    "just few enough ways to split it": Forged(", ".join([ORGANIZATION, *["a"] * 62])),
    "too many ways to split it": Forged(SPLITTABLE),
    "a constraint alone": Forged("", "", driver=driver(constraint=KEY, table="customers")),
    "a time before the deletion": Forged(GONE, ago=timedelta(days=3)),
    "a time before the row": Forged(GONE, ago=timedelta(days=300)),
    "a time in 1971": Forged(GONE, ago=timedelta(days=20_000)),
    "a time in the future": Forged(GONE, ago=timedelta(days=-3)),
    "a row deleted in the future": Forged(f"{ORGANIZATION}, soon@example.com"),
    "a time after a deletion in the future": Forged(
        f"{ORGANIZATION}, soon@example.com", ago=timedelta(days=-3)
    ),
    "another Target's environment": Forged(GONE, environment="sandbox"),
    "an environment of SQL": Forged(GONE, environment=f"production'; --{CANARY}"),
}


@dataclass(frozen=True)
class Collected:
    """What became of the Events, by the name of their case, and what the server wrote meanwhile."""

    failures: dict[str, FailureRow]
    unreachable: dict[str, str]
    statements: str
    parameters: str
    tombstones: frozenset[str]


@pytest.fixture(scope="module")
def collected(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collected]:
    """All of them in one Run, with a genuine one among them."""
    folder = tmp_path_factory.mktemp("forged")
    names = [f"forged_{uuid.uuid4().hex}" for _ in range(2)]
    for name in names:
        postgres.create_database(name, template="template0")
    shop, sandbox = (Database(name, postgres.dsn(name)) for name in names)
    shop.execute(SCHEMA + MORE)
    sandbox.execute(SCHEMA)
    for name in names:
        shop.execute(f"ALTER DATABASE {name} SET log_statement = 'all'")
        shop.execute(f"ALTER DATABASE {name} SET log_parameter_max_length = -1")
    yield _collect(folder, shop, sandbox)
    for name in names:
        postgres.drop_database(name)


def _collect(folder: Path, shop: Database, sandbox: Database) -> Collected:
    events = {name: forged.event() for name, forged in FORGED.items()}
    events["genuine"] = Forged(GONE).event()
    inbox = folder / "events.jsonl"
    inbox.write_text("\n".join(map(json.dumps, events.values())))
    targets = {
        "production": TargetSettings.model_validate({"read_dsn": shop.dsn}),
        "sandbox": TargetSettings.model_validate({"read_dsn": sandbox.dsn}),
    }
    ((place,),) = shop.execute("SHOW data_directory")
    log = Path(place).parent / "server.log"
    start = log.stat().st_size
    with closing(new_store(folder)) as store:
        settings = Settings.model_validate({"secret_key": SECRET, "targets": targets})
        summary = run(settings, store, paths=[str(inbox)])
        run(settings, store, paths=[str(inbox)], full=True)
        failures = {
            name: list_failures(store, FailureFilter(event_id=event["event_id"]))[0]
            for name, event in events.items()
        }
    written = log.read_bytes()[start:].decode(errors="replace")
    rows = shop.execute("SELECT id::text FROM customers WHERE deleted_at IS NOT NULL")
    return Collected(
        failures,
        summary.unreachable,
        "\n".join(_entries(written, ("LOG", "STATEMENT"))),
        "\n".join(_entries(written, ("DETAIL",))),
        frozenset(row for (row,) in rows),
    )


def _entries(written: str, levels: tuple[str, ...]) -> Iterator[str]:
    """The log's entries of those levels; an entry may go over several lines."""
    for entry in re.split(r"(?m)^(?=\d{4}-\d\d-\d\d \S+ UTC \[\d+\] [A-Z]+:  )", written):
        if re.match(rf"\S+ \S+ UTC \[\d+\] (?:{'|'.join(levels)}):  ", entry):
            yield entry


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_event_blames_no_row(collected: Collected, name: str) -> None:
    failure = collected.failures[name]
    assert failure.blocker is None, failure.reasons
    assert failure.verdict is not Verdict.UNBLOCKED
    assert not failure.verdict.is_blocked
    assert failure.reasons
    assert len(failure.candidates) <= 20


def test_a_genuine_event_among_forged_ones_finds_its_row(collected: Collected) -> None:
    failure = collected.failures["genuine"]
    assert failure.verdict is Verdict.BLOCKED_BY_TOMBSTONE
    assert failure.blocker is not None
    assert failure.blocker.id in collected.tombstones
    assert collected.unreachable == {}


def test_no_text_of_an_event_is_part_of_any_statement(collected: Collected) -> None:
    assert "tombstone_asked" in collected.statements
    assert CANARY in collected.parameters
    assert CANARY not in collected.statements


def test_the_values_of_an_event_are_only_ever_parameters(collected: Collected) -> None:
    assert "gone@example.com" in collected.parameters
    assert "gone@example.com" not in collected.statements
    assert "pg_sleep" not in collected.statements
