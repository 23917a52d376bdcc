"""What a Remedy did to a Conflict, noted at once; the next Run asks the Target and confirms it.

Only Failures that met the remedied row itself change: an older one may have met another. Of a
single remediation it is noted where its end is journalled, in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select, update

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.writing import next_generation
from collectors.model import BLOCKED_VERDICTS, Confidence, Verdict


def mark_unblocked(
    connection: Connection, conflict_id: str, *, by: str, at: datetime, reason: str
) -> None:
    """Close a Conflict whose row was verified as cured, or as gone; `by` says how and who."""
    _mark(connection, conflict_id, Verdict.UNBLOCKED, BLOCKED_VERDICTS, by=by, at=at, reason=reason)


def mark_blocked_again(
    connection: Connection, conflict_id: str, *, at: datetime, reason: str
) -> None:
    """Open it again after a Remedy was undone."""
    blocked = Verdict.BLOCKED_BY_TOMBSTONE
    _mark(connection, conflict_id, blocked, [Verdict.UNBLOCKED], by=None, at=at, reason=reason)


def _mark(
    connection: Connection,
    conflict_id: str,
    verdict: Verdict,
    changing: Sequence[Verdict],
    *,
    by: str | None,
    at: datetime,
    reason: str,
) -> None:
    known = select(schema.conflicts.c.confidence, schema.conflicts.c.blocker)
    said = {"verdict": verdict, "reasons": [reason]}
    row = connection.execute(known.where(schema.conflicts.c.id == conflict_id)).one()
    _mark_conflicts(connection, schema.conflicts.c.id == conflict_id, said, by, at)
    _mark_failures(connection, conflict_id, said, changing, (row.blocker or {}).get("id"), at)
    confidence = row.confidence or Confidence.CERTAIN
    line = {"conflict_id": conflict_id, "at": at, "confidence": confidence, **said}
    connection.execute(schema.verdict_history.insert(), line)
    next_generation(connection)


def _mark_conflicts(
    connection: Connection,
    which: ColumnElement[bool],
    said: dict[str, Any],
    by: str | None,
    at: datetime,
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
    connection.execute(update(table).where(which).values(said | standing))


def _mark_failures(
    connection: Connection,
    conflict_id: str,
    said: dict[str, Any],
    changing: Sequence[Verdict],
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


def mark_bulk(
    store: Store, bulk_id: str, *, undone: bool, by: str, at: datetime, reason: str
) -> None:
    """The same for every row that a bulk has written: a statement a table, whatever their number.

    Only what does not stand so yet is marked: a bulk that goes on is marked again at its end. All
    at once costs half of what it does batch by batch: the rows lie scattered over every index.
    """
    row, batch, conflict = schema.bulk_rows.c, schema.bulk_batches.c, schema.conflicts.c
    its_batch = (batch.bulk_id == row.bulk_id) & (batch.number == row.batch)
    done = schema.remediations.c
    its_own = (done.id == row.remediation_id) & (done.state == "applied")  # not taken back alone
    written = row.bulk_id == bulk_id, row.state == "planned", batch.state == "applied"
    changing = [Verdict.UNBLOCKED] if undone else BLOCKED_VERDICTS
    verdict = Verdict.BLOCKED_BY_TOMBSTONE if undone else Verdict.UNBLOCKED
    ids = select(row.conflict_id).join(schema.bulk_batches, its_batch)
    ids = ids.join(schema.remediations, its_own).where(*written)
    which = conflict.id.in_(ids) & _stands(conflict.verdict, changing)
    said = {"verdict": verdict, "reasons": [reason]}
    with store.write() as connection:
        _mark_bulk_failures(connection, bulk_id, ids, said, changing, at)
        _remember(connection, which, said, at)
        _mark_conflicts(connection, which, said, None if undone else by, at)
        next_generation(connection)


def _mark_bulk_failures(
    connection: Connection,
    bulk_id: str,
    ids: Select[Any],
    said: dict[str, Any],
    changing: Sequence[Verdict],
    at: datetime,
) -> None:
    table, row = schema.failures, schema.bulk_rows.c
    its_row = select(row.row_id).where(
        row.bulk_id == bulk_id, row.state == "planned", row.conflict_id == table.c.conflict_id
    )
    connection.execute(
        update(table)
        .where(table.c.conflict_id.in_(ids), _stands(table.c.verdict, changing))
        .where(table.c.blocker["id"].as_string() == its_row.scalar_subquery())
        .values(**said, judged_at=at)
    )


def _stands(verdict: ColumnElement[str], changing: Sequence[Verdict]) -> ColumnElement[bool]:
    """Not by the Verdict's index, which would read every Failure of a large store for a batch."""
    return func.coalesce(verdict, "").in_(changing)


def _remember(
    connection: Connection, which: ColumnElement[bool], said: dict[str, Any], at: datetime
) -> None:
    """A line of Verdict history for each of these Conflicts."""
    history, conflict = schema.verdict_history, schema.conflicts.c
    lines = {
        "conflict_id": conflict.id,
        "at": literal(at, history.c.at.type),
        "verdict": literal(said["verdict"]),
        "confidence": func.coalesce(conflict.confidence, Confidence.CERTAIN),
        "reasons": literal(said["reasons"], history.c.reasons.type),
    }
    query = select(*lines.values()).where(which)
    connection.execute(history.insert().from_select(list(lines), query))
