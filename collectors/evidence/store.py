"""A page of judged Failures, with its Cursor, in one transaction: what `collect` writes.

A Failure is known by its event id, so a page that is read twice changes nothing the second time. A
Conflict is derived from its Failures inside the same transaction, never counted along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select, update

from collectors.evidence import schema
from collectors.evidence.chunks import chunks
from collectors.evidence.database import Store
from collectors.evidence.judged import save_judged
from collectors.evidence.lines import Judged, coverage_line, issue_line
from collectors.evidence.writing import insert_new, next_generation, upsert
from collectors.model import Coverage, Issue


def known_events(store: Store, event_ids: Iterable[str]) -> dict[str, str | None]:
    """Those of the ids that were read already, each with the Issue it is stored under, if it is."""
    known: dict[str, str | None] = {}
    stored, passed = schema.failures.c, schema.passed_events.c
    with store.read() as connection:
        for some in chunks(event_ids):
            known.update(dict.fromkeys(connection.scalars(_which(passed.event_id, some))))
            query = _which(stored.event_id, some).add_columns(stored.issue_id)
            known.update((event_id, issue_id) for event_id, issue_id in connection.execute(query))
    return known


def _which(column: ColumnElement[str], values: Sequence[str]) -> Select[Any]:
    return select(column).where(column.in_(values))


def save_page(
    store: Store,
    source: str,
    judged: Sequence[Judged],
    *,
    issues: Sequence[Issue] = (),
    cursor: str | None = None,
    passed: Sequence[str] = (),
    moved: Mapping[str, str] | None = None,
    coverage: Coverage | None = None,
) -> None:
    """Store one page and how far the source has been read, together or not at all.

    `passed` are ids of Events that are no Failures, `moved` stored ones' Issues as they are now.
    """
    now = datetime.now(UTC)
    with store.write() as connection:
        save_judged(store, connection, judged)
        upsert(connection, schema.issues, [issue_line(issue) for issue in issues])
        insert_new(connection, schema.passed_events, [{"event_id": e, "at": now} for e in passed])
        _move(connection, moved or {})
        if coverage is not None:
            upsert(connection, schema.coverages, [coverage_line(source, coverage, now)])
        if cursor is not None:
            line = {"source": source, "cursor": cursor, "updated_at": now}
            upsert(connection, schema.cursors, [line])
        next_generation(connection, news=bool(judged or moved))


def _move(connection: Connection, moved: Mapping[str, str]) -> None:
    table = schema.failures
    if moved:
        lines = [{"moved": event_id, "issue": issue_id} for event_id, issue_id in moved.items()]
        statement = update(table).where(table.c.event_id == bindparam("moved"))
        connection.execute(statement.values(issue_id=bindparam("issue")), lines)


def load_cursor(store: Store, source: str) -> str | None:
    """Where the source was left, None before its first page."""
    query = select(schema.cursors.c.cursor).where(schema.cursors.c.source == source)
    with store.read() as connection:
        found: str | None = connection.scalar(query)
    return found
