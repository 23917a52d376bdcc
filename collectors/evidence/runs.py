"""A Run's own line, and what is erased at its end because it has outlived its purpose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, update

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.writing import next_generation
from collectors.model import Verdict

KEEP_SETTLED = timedelta(days=30)
"""How long KeyValues outlive the Verdict that settled them."""

KEEP_PASSED = timedelta(days=8)
"""Longer than the longest grace that the settings allow: no list shows an Event again by then.
Most Events of a busy project are no Failures, so they are not remembered for longer."""


def start_run(store: Store, environment: str | None = None) -> int:
    """Note that a Run began, of one environment or of all; returns its id."""
    line: dict[str, Any] = {
        "environment": environment,
        "started_at": datetime.now(UTC),
        "read": 0,
        "stored": 0,
        "unreachable": [],
        "notes": [],
    }
    with store.write() as connection:
        key = connection.execute(schema.runs.insert(), line).inserted_primary_key
    assert key is not None
    return int(key[0])


def finish_run(
    store: Store,
    run: int,
    *,
    read: int,
    stored: int,
    unreachable: list[str],
    notes: list[str],
    whole: bool = True,
) -> None:
    """Note how a Run ended, and erase what has outlived its purpose.

    `whole`: it read all that its sources had.
    """
    now = datetime.now(UTC)
    ended = {"finished_at": now, "read": read, "stored": stored, "whole": whole}
    with store.write() as connection:
        connection.execute(
            update(schema.runs)
            .where(schema.runs.c.id == run)
            .values(**ended, unreachable=unreachable, notes=notes)
        )
        _erase_settled(connection, now - KEEP_SETTLED)
        passed = schema.passed_events
        connection.execute(delete(passed).where(passed.c.at < now - KEEP_PASSED))
        next_generation(connection, news=False)


def _erase_settled(connection: Connection, before: datetime) -> None:
    conflicts, failures = schema.conflicts, schema.failures
    may_change = [verdict for verdict in Verdict if verdict.may_change]
    final = failures.c.verdict.not_in(may_change), failures.c.judged_at < before
    connection.execute(
        update(failures).where(*final, failures.c.sealed.is_not(None)).values(sealed=None)
    )
    settled = conflicts.c.settled_at < before, conflicts.c.sealed.is_not(None)
    connection.execute(update(conflicts).where(*settled).values(sealed=None))
