"""Several Targets in one Run: none waits for another's trouble, and none is judged by it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from collectors.evidence.reads.failures import list_failures
from collectors.evidence.reads.unfailed import Pending
from collectors.explain import explain
from collectors.inquiry import Inquiry
from collectors.model import Verdict
from collectors.pipeline import run
from collectors.settings import Settings, TargetSettings
from sample_data.postgres import Database, Postgres
from tests.factories import EMAIL_KEY, NOON, ORGANIZATION, failure, new_store

SCHEMA = f"""
CREATE TABLE customers (
    id int PRIMARY KEY, organization_id uuid NOT NULL, email text NOT NULL, deleted_at timestamptz
);
CREATE UNIQUE INDEX {EMAIL_KEY.name} ON customers (organization_id, lower(email));
INSERT INTO customers VALUES (7, '{ORGANIZATION}', 'Jane@Example.com', '{NOON - timedelta(days=1)}')
"""


@pytest.fixture
def other(postgres: Postgres) -> Iterator[Database]:
    name = "targets_apart_other"
    postgres.create_database(name, template="template0")
    yield Database(name, postgres.dsn(name))
    postgres.drop_database(name)


def inquiry(folder: Path, **dsns: str) -> Inquiry:
    targets = {name: TargetSettings(read_dsn=SecretStr(dsn)) for name, dsn in dsns.items()}
    return Inquiry(Settings(targets=targets), new_store(folder))


def verdicts(asking: Inquiry, *environments: str) -> dict[str, Verdict]:
    pending = [Pending("test", failure(environment=name)) for name in environments]
    return {one.failure.environment: one.judgement.verdict for one in asking.judge(pending)}


def test_targets_are_asked_at_the_same_time(
    database: Database, other: Database, tmp_path: Path
) -> None:
    """Each look-up waits for a lock that is let go only once both of them wait."""
    for one in (database, other):
        one.execute(SCHEMA)
    with closing(inquiry(tmp_path, a=database.dsn, b=other.dsn)) as asking:
        verdicts(asking, "a", "b")
        with psycopg.connect(database.dsn) as first, psycopg.connect(other.dsn) as second:
            first.execute("LOCK TABLE customers")
            second.execute("LOCK TABLE customers")
            letting_go = threading.Thread(target=_let_go_once_both_wait, args=(first, second))
            letting_go.start()
            found = verdicts(asking, "a", "b")
            letting_go.join()
    assert found == dict.fromkeys("ab", Verdict.BLOCKED_BY_TOMBSTONE)


def _let_go_once_both_wait(*locking: psycopg.Connection[object]) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
    deadline = time.monotonic() + 5
    with psycopg.connect(locking[0].info.dsn, password=locking[0].info.password) as looking:
        while looking.execute(waiting).fetchone() != (2,) and time.monotonic() < deadline:
            looking.rollback()
            time.sleep(0.005)
    for one in locking:
        one.rollback()


def test_a_dead_target_costs_its_own_environment_only(database: Database, tmp_path: Path) -> None:
    database.execute(SCHEMA)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dead = f"host=127.0.0.1 port={silent.getsockname()[1]} user=u connect_timeout=2"
        with closing(inquiry(tmp_path, good=database.dsn, dead=dead)) as asking:
            found = verdicts(asking, "dead", "good")
            began = time.monotonic()
            again = verdicts(asking, "dead", "good")
            assert time.monotonic() - began < 2, "it is asked once a Run"
            assert list(asking.unreachable) == ["dead"]
    assert found == again == {"good": Verdict.BLOCKED_BY_TOMBSTONE, "dead": Verdict.UNDECIDED}


def test_a_locked_table_is_not_an_unreachable_target(database: Database, tmp_path: Path) -> None:
    database.execute(SCHEMA)
    with closing(inquiry(tmp_path, production=database.dsn)) as asking:
        verdicts(asking, "production")
        with psycopg.connect(database.dsn) as migration:
            migration.execute("LOCK TABLE customers")
            assert verdicts(asking, "production") == {"production": Verdict.UNDECIDED}
        assert asking.unreachable == {}
        assert verdicts(asking, "production") == {"production": Verdict.BLOCKED_BY_TOMBSTONE}


@pytest.mark.parametrize("kept", [True, False], ids=["both are there", "the first is gone"])
def test_a_conflict_stays_with_its_target_when_its_environment_moves(
    database: Database, other: Database, tmp_path: Path, kept: bool
) -> None:
    """In the other database nobody holds the key: that frees nobody in the first."""
    database.execute(SCHEMA)
    other.execute(SCHEMA.partition("INSERT")[0])
    file = tmp_path / "event.json"
    file.write_text(json.dumps(event_of_violation()))
    first = TargetSettings(read_dsn=SecretStr(database.dsn), environments=("production",))
    second = TargetSettings(read_dsn=SecretStr(other.dsn), environments=("production",))
    aside = {"alpha": first.model_copy(update={"environments": ("aside",)})} if kept else {}
    with closing(new_store(tmp_path)) as store:
        run(Settings(targets={"alpha": first}), store, paths=[str(file)])
        summary = run(Settings(targets={**aside, "beta": second}), store, paths=[str(file)])
        (found,) = list_failures(store)
    assert (found.verdict, summary.unblocked) == (Verdict.BLOCKED_BY_TOMBSTONE, 0)
    assert [note for note in summary.notes if "found in Target alpha: 1." in note]


def test_a_project_s_environment_is_judged_by_its_own_database(
    database: Database, other: Database, tmp_path: Path
) -> None:
    """Both projects call it production; only one of the databases has the Tombstone."""
    database.execute(SCHEMA)
    other.execute(SCHEMA.partition("INSERT")[0])
    file = tmp_path / "events.json"
    of_both = [
        event_of_violation() | {"event_id": letter * 32, "project": project}
        for letter, project in (("a", "billing"), ("b", "web"))
    ]
    file.write_text(json.dumps(of_both))
    billing = TargetSettings(read_dsn=SecretStr(database.dsn), environments=("billing/production",))
    web = TargetSettings(read_dsn=SecretStr(other.dsn), environments=("production",))
    settings = Settings(targets={"billing": billing, "web": web})
    with closing(new_store(tmp_path)) as store:
        run(settings, store, paths=[str(file)], environment="billing/production")
        only = [one.event_id[0] for one in list_failures(store)]
        run(settings, store, paths=[str(file)])
        found = {one.environment: one.verdict for one in list_failures(store)}
        assert only == ["a"]
        assert found == {
            "billing/production": Verdict.BLOCKED_BY_TOMBSTONE,
            "production": Verdict.HOLDER_GONE,
        }
        with closing(Inquiry(settings, store)) as asking:
            alike = explain(asking, store, json.dumps(of_both[0] | {"event_id": "c" * 32}), None)
    assert alike.verdict is Verdict.BLOCKED_BY_TOMBSTONE


def event_of_violation() -> dict[str, object]:
    detail = (
        f"Key (organization_id, lower(email))=({ORGANIZATION}, jane@example.com) already exists."
    )
    text = f'duplicate key value violates unique constraint "{EMAIL_KEY.name}"\nDETAIL:  {detail}'
    return {
        "event_id": "a" * 32,
        "timestamp": NOON.isoformat(),
        "environment": "production",
        "exception": {"values": [{"type": "IntegrityError", "value": text}]},
    }
