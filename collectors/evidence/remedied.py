"""What a Remedy did to a Conflict, noted at once; the next Run asks the Target and confirms it.

Only Failures that met the remedied row itself change: an older one may have met another.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.store import next_generation
from collectors.model import Confidence, Verdict

_BLOCKED = [verdict for verdict in Verdict if verdict.is_blocked]


def mark_unblocked(store: Store, conflict_id: str, *, by: str, at: datetime, reason: str) -> None:
    """Close a Conflict whose row was verified as cured, or as gone; `by` says how and who."""
    _mark(store, conflict_id, Verdict.UNBLOCKED, _BLOCKED, by=by, at=at, reason=reason)


def mark_blocked_again(store: Store, conflict_id: str, *, at: datetime, reason: str) -> None:
    """Open it again after a Remedy was undone."""
    blocked = Verdict.BLOCKED_BY_TOMBSTONE
    _mark(store, conflict_id, blocked, [Verdict.UNBLOCKED], by=None, at=at, reason=reason)


def _mark(
    store: Store,
    conflict_id: str,
    verdict: Verdict,
    changing: list[Verdict],
    *,
    by: str | None,
    at: datetime,
    reason: str,
) -> None:
    known = select(schema.conflicts.c.confidence, schema.conflicts.c.blocker)
    said = {"verdict": verdict, "reasons": [reason]}
    with store.write() as connection:
        row = connection.execute(known.where(schema.conflicts.c.id == conflict_id)).one()
        _mark_conflict(connection, conflict_id, said, by, at)
        _mark_failures(connection, conflict_id, said, changing, (row.blocker or {}).get("id"), at)
        confidence = row.confidence or Confidence.CERTAIN
        line = {"conflict_id": conflict_id, "at": at, "confidence": confidence, **said}
        connection.execute(schema.verdict_history.insert(), line)
        next_generation(connection)


def _mark_conflict(
    connection: Connection, conflict_id: str, said: dict[str, Any], by: str | None, at: datetime
) -> None:
    table = schema.conflicts
    blocked = said["verdict"].is_blocked
    standing = {
        "released_by": by,
        "released_at": at if by else None,
        "settled_at": None if blocked else at,
        "asked_at": at,
        **({"held_at": at} if blocked else {}),
    }
    connection.execute(update(table).where(table.c.id == conflict_id).values(said | standing))


def _mark_failures(
    connection: Connection,
    conflict_id: str,
    said: dict[str, Any],
    changing: list[Verdict],
    row_id: str | None,
    at: datetime,
) -> None:
    table = schema.failures
    connection.execute(
        update(table)
        .where(table.c.conflict_id == conflict_id, table.c.verdict.in_(changing))
        .where(table.c.blocker["id"].as_string() == row_id)
        .values(**said, judged_at=at)
    )
