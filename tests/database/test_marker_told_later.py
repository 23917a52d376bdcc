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
from collectors.model import Verdict
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
