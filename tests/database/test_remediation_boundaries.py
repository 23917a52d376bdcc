"""Killed before any one of its statements, ours or the database's: journal and row agree again."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collectors.evidence.reads.remediations import find_remediation, list_remediations
from collectors.model import Verdict
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.service import Preview, verify
from sample_data.postgres import Database
from tests.database.remediation_world import (
    ENGINEER,
    EXTERNAL,
    WRITER,
    World,
    applied,
    previewed,
)
from tests.database.test_remediation_crash import settle
from tests.factories import SECRET

pytestmark = pytest.mark.slow

FEWEST = 20
"""So many statements there are at least from the plan to the verified Outcome."""


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    with World.made(database, tmp_path) as made:
        database.execute(f"GRANT DELETE ON customers TO {WRITER}")
        yield made


def ended(doomed: subprocess.Popen[str], facts: dict[str, Any]) -> int:
    """The signal that ended a process of its own; 0 if it came to its end."""
    assert doomed.stdin is not None
    assert doomed.stdout is not None
    doomed.stdin.write(f"{json.dumps(facts)}\n")
    doomed.stdin.flush()
    return int(doomed.stdout.readline())


def printed(world: World, customer: str) -> list[tuple[Any, ...]]:
    """The row as PostgreSQL prints it; nothing once it is purged."""
    return world.database.execute("SELECT c::text FROM customers c WHERE id = %s", [customer])


def facts_of(world: World, conflict: str, remedy: str, digest: str, undoes: str) -> dict[str, Any]:
    return {
        "store_url": f"sqlite:///{world.folder}/store.sqlite",
        "secret": SECRET,
        "read_dsn": world.database.dsn,
        "settings": {
            "targets": {"production": {"write_dsn": world.writer_dsn}},
            "remediation": world.limits,
        },
        "step": "",
        "conflict": conflict,
        "remedy": remedy,
        "digest": digest,
        "undoes": undoes,
    }


@pytest.mark.parametrize("undo", [False, True], ids=["done", "undone"])
@pytest.mark.parametrize("remedy", list(RemedyName))
def test_killed_before_any_statement_the_journal_and_the_row_agree(
    world: World, doomed: subprocess.Popen[str], remedy: RemedyName, undo: bool
) -> None:
    if undo and remedy is RemedyName.PURGE_ROW:
        pytest.skip("a purge has no undo")
    states: set[str] = set()
    for statement in range(1, 200):
        jane = world.customer(email=f"jane{statement}@example.com", external_id=f"c{statement}")
        conflict = world.conflict(jane, EXTERNAL)
        blocked = Verdict.BLOCKED_BY_TOMBSTONE, printed(world, jane)
        done = applied(world.door(), conflict, remedy).remediation_id if undo else ""
        before = (world.stored(conflict).verdict, printed(world, jane)) if undo else blocked
        preview = (
            world.door().undo_preview(done, ENGINEER)
            if undo
            else previewed(world.door(), conflict, remedy)
        )
        assert isinstance(preview, Preview)

        facts = facts_of(world, conflict, remedy, preview.plan.digest, done)
        end = ended(doomed, facts | {"statement": statement})
        settle(world)

        ours = [one for one in list_remediations(world.store) if one.conflict_id == conflict]
        latest = [one for one in ours if (one.undoes is not None) is undo]
        state = latest[0].state if latest else "never began"
        states.add(state)
        after = world.stored(conflict).verdict, printed(world, jane)
        if state == "applied":
            assert after != before
            assert undo is (after == blocked)
        else:
            assert after == before
        if undo:
            first = find_remediation(world.store, done)
            assert first is not None
            assert first.state == ("undone" if state == "applied" else "applied")
        assert verify(world.store).intact
        if end == 0:
            break
        assert end == signal.SIGKILL
    assert statement > FEWEST
    assert states == {"never began", "refused", "applied"}
