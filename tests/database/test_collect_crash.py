"""`kill -9` at any moment of a collect: the store ends up as if nothing had happened."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sample_data.postgres import Database
from sample_data.sentry import LocalSentry
from sample_data.sentry.ingest import take_body
from sample_data.sentry.store import Store
from tests.database.test_collect import ORGANIZATION, SCHEMA, World
from tests.factories import SECRET

pytestmark = pytest.mark.slow

EVENTS, KILLS = 2_000, 20
NOT_SHARED = {"judged_at", "asked_at", "held_at", "settled_at", "at", "sealed"}
"""The times of our own looks, and what is encrypted anew each time."""
TABLES = ("failures", "conflicts", "verdict_history", "fingerprints", "issues")


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    """Deleted and live customers, and creates that met either."""
    database.execute(SCHEMA)
    database.execute(
        "INSERT INTO customers (organization_id, email, deleted_at) SELECT %s,"
        " 'p' || n || '@example.com', CASE WHEN n %% 3 > 0 THEN now() - interval '2 days' END"
        " FROM generate_series(0, 499) n",
        (ORGANIZATION,),
    )
    return World(database, tmp_path)


@pytest.fixture
def sentry(world: World, tmp_path: Path) -> Iterator[LocalSentry]:
    """2,000 Events in 40 Issues."""
    folder = tmp_path / "sentry"
    folder.mkdir()
    store = Store(folder / "sentry.sqlite")
    store.add_project("api")
    models = {n: world.failed_create(f"p{n}@example.com") for n in range(0, 500, 7)}
    names = list(models)
    for number in range(EVENTS):
        at = datetime.now(UTC) - timedelta(minutes=10 + number)
        body = models[names[number % len(names)]] | {
            "event_id": f"{number:032x}",
            "timestamp": at.isoformat(),
            "fingerprint": [f"issue {number % 40}"],
        }
        take_body(store, 1, json.dumps(body).encode(), "")
    store.close()
    with LocalSentry.start(folder) as running:
        yield running


def collecting(world: World, sentry: LocalSentry, folder: Path) -> subprocess.Popen[bytes]:
    own = {k: v for k, v in os.environ.items() if not k.startswith("TOMBSTONE_")}
    address = sentry.address
    variables = {
        "TOMBSTONE_STORE_URL": f"sqlite:///{folder}/store.sqlite",
        "TOMBSTONE_SECRET_KEY": SECRET,
        "TOMBSTONE_TARGETS__PRODUCTION__READ_DSN": world.database.dsn,
        "TOMBSTONE_SENTRY__BASE_URL": address.url,
        "TOMBSTONE_SENTRY__TOKEN": address.token,
        "TOMBSTONE_SENTRY__ORGANIZATION": address.organization,
    }
    command = [sys.executable, "-c", "from dashboard.cli import main; main()", "collect", "--json"]
    return subprocess.Popen(
        command,
        env=own | variables,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def finished(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err.decode()
    summary: dict[str, Any] = json.loads(out)
    return summary


def contents(folder: Path) -> dict[str, list[str]]:
    """Every table's lines, in an order of their own, without what no two runs share."""
    with closing(sqlite3.connect(folder / "store.sqlite")) as store:
        store.row_factory = sqlite3.Row
        return {table: sorted(_lines(store, table)) for table in TABLES}


def _lines(store: sqlite3.Connection, table: str) -> Iterator[str]:
    hidden = NOT_SHARED | ({"id"} if table == "verdict_history" else set())
    for row in store.execute(f"SELECT * FROM {table}"):
        kept = {name: value for name, value in dict(row).items() if name not in hidden}
        yield json.dumps(kept, sort_keys=True, default=repr)


def test_the_store_of_a_killed_collect_ends_up_like_any_other(
    world: World, sentry: LocalSentry, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    began = time.monotonic()
    assert finished(collecting(world, sentry, whole))["stored"] == EVENTS
    took = time.monotonic() - began
    wanted = contents(whole)
    assert len(wanted["failures"]) == EVENTS
    moments = random.Random(2_000)
    cut_short = 0
    for kill in range(KILLS):
        folder = tmp_path / f"killed {kill}"
        folder.mkdir()
        process = collecting(world, sentry, folder)
        time.sleep(took * moments.uniform(0.15, 1.0))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            cut_short += 1
        process.communicate()
        summary = finished(collecting(world, sentry, folder))
        assert summary["unreachable"] == []
        assert contents(folder) == wanted, f"killed after the {kill}th moment"
    assert cut_short >= KILLS // 2
