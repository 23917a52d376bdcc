"""A marker that is named after the first look."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.errors import UniqueViolation

from collectors.evidence.reads.failures import FailureFilter, list_failures
from collectors.model import Confidence, Verdict
from collectors.pipeline import run
from collectors.settings import Settings
from sample_data.postgres import Database
from tests.captured import captured
from tests.factories import SECRET, new_store

TABLE = "CREATE TABLE shelves (id int PRIMARY KEY, nick text UNIQUE, phase int NOT NULL)"
MARKERS = [
    {"column": "phase", "kind": "status", "deleted_value": "4"},
    {"column": "phase", "kind": "status", "deleted_value": ["3", "4"]},
]


@pytest.mark.parametrize("marker", MARKERS)
def test_a_full_collect_judges_again_what_was_judged_without_it(
    marker: dict[str, Any], database: Database, tmp_path: Path
) -> None:
    database.execute(f"{TABLE}; INSERT INTO shelves VALUES (1, 'jane', 4)")
    with (
        psycopg.connect(database.dsn) as connection,
        pytest.raises(UniqueViolation) as caught,
    ):
        connection.execute("INSERT INTO shelves VALUES (2, 'jane', 0)")
    event = captured(caught.value, environment="production", at=datetime.now(UTC))
    inbox = tmp_path / "event.json"
    inbox.write_text(json.dumps(event))

    def verdict(tables: dict[str, Any], *, full: bool) -> Verdict:
        targets = {"production": {"read_dsn": database.dsn, "tables": tables}}
        settings = Settings.model_validate({"secret_key": SECRET, "targets": targets})
        run(settings, store, paths=[str(inbox)], full=full)
        (failure,) = list_failures(store, FailureFilter())
        return failure.verdict

    with closing(new_store(tmp_path)) as store:
        assert verdict({}, full=False) is Verdict.LIVE_DUPLICATE
        told = {"shelves": {"marker": marker}}
        assert verdict(told, full=True) is Verdict.BLOCKED_BY_TOMBSTONE


def test_a_time_in_words_is_a_mark_without_a_time(database: Database, tmp_path: Path) -> None:
    """A cast would lose the zone, and stumble over an empty text, which tells nothing."""
    database.execute(
        "CREATE TABLE shelves (id serial PRIMARY KEY, nick text UNIQUE, deleted_at text);"
        "INSERT INTO shelves (nick, deleted_at) VALUES ('jane', '2026-11-30T23:30:00-05:00'),"
        " ('joe', ''), ('jim', NULL), ('jack', 'last week')"
    )
    events = []
    for nick in ("jane", "joe", "jim", "jack"):
        with (
            psycopg.connect(database.dsn) as connection,
            pytest.raises(UniqueViolation) as caught,
        ):
            connection.execute("INSERT INTO shelves (nick) VALUES (%s)", [nick])
        error = caught.value.with_traceback(None)
        events.append(captured(error, environment="production", at=datetime.now(UTC)))
    inbox = tmp_path / "events.json"
    inbox.write_text(json.dumps(events))
    marker = {"column": "deleted_at", "kind": "timestamp"}
    target = {"read_dsn": database.dsn, "tables": {"shelves": {"marker": marker}}}
    settings = Settings.model_validate({"secret_key": SECRET, "targets": {"production": target}})

    with closing(new_store(tmp_path)) as store:
        assert not run(settings, store, paths=[str(inbox)]).notes
        found = [list_failures(store, FailureFilter(event_id=one["event_id"]))[0] for one in events]

    assert [one.verdict for one in found] == [
        Verdict.BLOCKED_BY_TOMBSTONE,
        Verdict.UNDECIDED,
        Verdict.LIVE_DUPLICATE,
        Verdict.BLOCKED_BY_TOMBSTONE,
    ]
    assert Confidence.CERTAIN not in {one.confidence for one in found}
