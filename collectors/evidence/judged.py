"""Judged Failures into the store, and the Conflicts that are derived from them.

A Conflict's Verdict is that of its newest Failure that could be decided, its numbers are counted
afresh from the Failures, and what changed of it is remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, exists, func, select, update

from collectors.evidence import schema
from collectors.evidence.chunks import chunks
from collectors.evidence.database import Store
from collectors.evidence.lines import (
    LOOKED_UP,
    Judged,
    conflict_line,
    failure_line,
    fingerprint_lines,
)
from collectors.evidence.writing import insert_new, upsert
from collectors.model import BLOCKED_VERDICTS, Verdict


def save_judged(store: Store, connection: Connection, judged: Sequence[Judged]) -> None:
    """Store Failures as they were judged, and what follows for their Conflicts."""
    conflicts = _newest(judged)
    before = _standing(connection, conflicts)
    lines = [conflict_line(store.vault, one) for one in conflicts.values() if _leads(one, before)]
    upsert(connection, schema.conflicts, lines, keep=("failures", "first_seen", "last_seen"))
    told = [one for one in judged if one.source != LOOKED_UP]
    upsert(connection, schema.failures, [failure_line(store.vault, one) for one in told])
    _count(connection, list(conflicts))
    _remember_changes(connection, lines, before)
    insert_new(connection, schema.fingerprints, list(fingerprint_lines(store.vault, conflicts)))


def _newest(judged: Sequence[Judged]) -> dict[str, Judged]:
    """Each Conflict's newest Failure of this page that could be decided, if there is one."""
    newest: dict[str, Judged] = {}
    for one in sorted(judged, key=_rank):
        if one.conflict_id is not None:
            newest[one.conflict_id] = one
    return newest


def _standing(connection: Connection, ids: Iterable[str]) -> dict[str, Any]:
    table, seen = schema.conflicts, schema.failures.c
    newest = select(seen.occurred_at).where(seen.event_id == table.c.newest_event)
    query = select(
        table.c.id,
        table.c.verdict,
        table.c.confidence,
        table.c.blocker,
        table.c.held_at,
        table.c.newest_event,
        newest.scalar_subquery().label("decided_at"),
    )
    found = connection.execute(query.where(table.c.id.in_(list(ids))))
    return {row.id: row for row in found}


def _rank(one: Judged) -> tuple[bool, datetime, str]:
    decided = one.judgement.verdict is not Verdict.UNDECIDED
    return decided, one.failure.occurred_at, one.failure.event_id


def _leads(one: Judged, before: dict[str, Any]) -> bool:
    """Whether it is the Conflict's newest decided Failure: its Verdict is the Conflict's.

    Anybody can send an Event that nobody can decide; it must not hide what is known, nor what comes
    to be known later of an earlier one.
    """
    stored = before.get(str(one.conflict_id))
    if stored is None or stored.decided_at is None or stored.verdict == Verdict.UNDECIDED:
        return True
    if one.judgement.verdict is Verdict.UNDECIDED:
        return False
    is_newest: bool = one.failure.event_id == stored.newest_event
    return is_newest or one.failure.occurred_at >= stored.decided_at


def _count(connection: Connection, ids: Sequence[str]) -> None:
    """A Conflict's Failures, first and last: counted afresh, so that a rerun cannot double them."""
    seen, table = schema.failures.c, schema.conflicts
    of_this = seen.conflict_id == table.c.id
    counted = {
        "failures": select(func.count()).where(of_this).scalar_subquery(),
        "first_seen": select(func.min(seen.occurred_at)).where(of_this).scalar_subquery(),
        "last_seen": select(func.max(seen.occurred_at)).where(of_this).scalar_subquery(),
    }
    for some in chunks(ids):
        connection.execute(update(table).where(table.c.id.in_(some)).values(counted))
    note_outlived(connection, ids)


def note_outlived(connection: Connection, ids: Sequence[str]) -> None:
    """Which of these Conflicts are blocked no more, while a Failure of theirs still stands so."""
    seen, table = schema.failures.c, schema.conflicts
    of_this = seen.conflict_id == table.c.id
    stands = exists().where(of_this, seen.verdict.in_(BLOCKED_VERDICTS), seen.sealed.is_not(None))
    outlived = case((table.c.verdict.in_(BLOCKED_VERDICTS), None), (stands, True), else_=None)
    for some in chunks(ids):
        connection.execute(update(table).where(table.c.id.in_(some)).values(outlived=outlived))


def _remember_changes(
    connection: Connection, lines: Sequence[dict[str, Any]], before: dict[str, Any]
) -> None:
    changes = [
        {
            "conflict_id": line["id"],
            "at": line["asked_at"],
            "verdict": line["verdict"],
            "confidence": line["confidence"],
            "reasons": line["reasons"],
        }
        for line in lines
        if _changed(line, before.get(line["id"]))
    ]
    if changes:
        connection.execute(schema.verdict_history.insert(), changes)


def _changed(line: dict[str, Any], stored: Any | None) -> bool:
    if stored is None:
        return True
    before = (stored.verdict, stored.confidence, stored.blocker)
    return before != (line["verdict"], line["confidence"], line["blocker"])
