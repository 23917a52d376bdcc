"""What a Remedy did to a Conflict, noted at once; the next Run asks the Target and confirms it.

Only Failures that met the remedied row itself change: an older one may have met another.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

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
    conflicts, failures = schema.conflicts, schema.failures
    settled = None if verdict.may_change else at
    known = select(conflicts.c.confidence, conflicts.c.blocker)
    with store.write() as connection:
        row = connection.execute(known.where(conflicts.c.id == conflict_id)).one()
        confidence = row.confidence or Confidence.CERTAIN
        remedied = (row.blocker or {}).get("id")
        connection.execute(
            update(conflicts)
            .where(conflicts.c.id == conflict_id)
            .values(
                verdict=verdict,
                reasons=[reason],
                released_by=by,
                released_at=at if by else None,
                settled_at=settled,
                asked_at=at,
                **({"held_at": at} if verdict.is_blocked else {}),
            )
        )
        connection.execute(
            update(failures)
            .where(failures.c.conflict_id == conflict_id, failures.c.verdict.in_(changing))
            .where(failures.c.blocker["id"].as_string() == remedied)
            .values(verdict=verdict, reasons=[reason], judged_at=at)
        )
        connection.execute(
            schema.verdict_history.insert(),
            {
                "conflict_id": conflict_id,
                "at": at,
                "verdict": verdict,
                "confidence": confidence,
                "reasons": [reason],
            },
        )
        next_generation(connection)
