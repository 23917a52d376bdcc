"""Everything that `collect` writes: a page of judged Failures, with its Cursor, in one transaction.

A Failure is known by its event id, so a page that is read twice changes nothing the second time. A
Conflict is derived from its Failures inside the same transaction, never counted along.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, func, select, update
from sqlalchemy.dialects.sqlite import insert

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.lines import (
    Judged,
    conflict_line,
    failure_line,
    fingerprint_lines,
    issue_line,
)
from collectors.model import Issue, Verdict

KEEP_SETTLED = timedelta(days=30)
"""How long KeyValues outlive the Verdict that settled them (DESIGN 7)."""

_CHUNK = 500


def known_events(store: Store, event_ids: Iterable[str]) -> set[str]:
    """Those of the ids that are stored already."""
    known: set[str] = set()
    wanted = list(event_ids)
    with store.read() as connection:
        for start in range(0, len(wanted), _CHUNK):
            column = schema.failures.c.event_id
            query = select(column).where(column.in_(wanted[start : start + _CHUNK]))
            known.update(connection.scalars(query))
    return known


def save_page(
    store: Store,
    source: str,
    judged: Sequence[Judged],
    *,
    issues: Sequence[Issue] = (),
    cursor: str | None = None,
) -> None:
    """Store one page and how far the source has been read, together or not at all."""
    with store.write() as connection:
        _save_judged(store, connection, judged)
        _upsert(connection, schema.issues, [issue_line(issue) for issue in issues])
        if cursor is not None:
            line = {"source": source, "cursor": cursor, "updated_at": datetime.now(UTC)}
            _upsert(connection, schema.cursors, [line])
        next_generation(connection)


def save_looks(store: Store, judged: Sequence[Judged], unchanged: Sequence[str]) -> None:
    """Store a follow-up: what changed, and the Conflicts that stand as they did."""
    now = datetime.now(UTC)
    with store.write() as connection:
        _save_judged(store, connection, judged)
        _touch(connection, unchanged, now)
        if judged:
            next_generation(connection)


def load_cursor(store: Store, source: str) -> str | None:
    """Where the source was left, None before its first page."""
    query = select(schema.cursors.c.cursor).where(schema.cursors.c.source == source)
    with store.read() as connection:
        found: str | None = connection.scalar(query)
    return found


def start_run(store: Store) -> int:
    """Note that a Run began; returns its id."""
    line = {
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
    store: Store, run: int, *, read: int, stored: int, unreachable: list[str], notes: list[str]
) -> None:
    """Note how a Run ended, and erase what has outlived its purpose."""
    now = datetime.now(UTC)
    with store.write() as connection:
        connection.execute(
            update(schema.runs)
            .where(schema.runs.c.id == run)
            .values(finished_at=now, read=read, stored=stored, unreachable=unreachable, notes=notes)
        )
        _erase_settled(connection, now - KEEP_SETTLED)
        next_generation(connection)


def _save_judged(store: Store, connection: Connection, judged: Sequence[Judged]) -> None:
    conflicts = _newest(judged)
    before = _standing(connection, conflicts)
    lines = [conflict_line(store.vault, one) for one in conflicts.values() if _leads(one, before)]
    _upsert(connection, schema.conflicts, lines, keep=("failures", "first_seen", "last_seen"))
    _upsert(connection, schema.failures, [failure_line(store.vault, one) for one in judged])
    _count(connection, list(conflicts))
    _remember_changes(connection, lines, before)
    _insert_new(connection, schema.fingerprints, list(fingerprint_lines(store.vault, conflicts)))


def _newest(judged: Sequence[Judged]) -> dict[str, Judged]:
    """Each Conflict's newest Failure of this page that could be decided, if there is one."""
    newest: dict[str, Judged] = {}
    for one in sorted(judged, key=_rank):
        if one.conflict_id is not None:
            newest[one.conflict_id] = one
    return newest


def _standing(connection: Connection, ids: Iterable[str]) -> dict[str, Any]:
    table = schema.conflicts
    query = select(
        table.c.id,
        table.c.verdict,
        table.c.confidence,
        table.c.blocker,
        table.c.held_at,
        table.c.last_seen,
        table.c.newest_event,
    )
    found = connection.execute(query.where(table.c.id.in_(list(ids))))
    return {row.id: row for row in found}


def _rank(one: Judged) -> tuple[bool, datetime, str]:
    decided = one.judgement.verdict is not Verdict.UNDECIDED
    return decided, one.failure.occurred_at, one.failure.event_id


def _leads(one: Judged, before: dict[str, Any]) -> bool:
    """Whether it is the Conflict's newest decided Failure: its Verdict is the Conflict's.

    Anybody can send an Event that nobody can decide; it must not hide what is known.
    """
    stored = before.get(str(one.conflict_id))
    if stored is None or stored.last_seen is None or stored.verdict == Verdict.UNDECIDED:
        return True
    if one.judgement.verdict is Verdict.UNDECIDED:
        return False
    is_newest: bool = one.failure.event_id == stored.newest_event
    return is_newest or one.failure.occurred_at >= stored.last_seen


def _count(connection: Connection, ids: Sequence[str]) -> None:
    """A Conflict's Failures, first and last: counted afresh, so that a rerun cannot double them."""
    seen, table = schema.failures.c, schema.conflicts
    of_this = seen.conflict_id == table.c.id
    counted = {
        "failures": select(func.count()).where(of_this).scalar_subquery(),
        "first_seen": select(func.min(seen.occurred_at)).where(of_this).scalar_subquery(),
        "last_seen": select(func.max(seen.occurred_at)).where(of_this).scalar_subquery(),
    }
    for start in range(0, len(ids), _CHUNK):
        some = table.c.id.in_(ids[start : start + _CHUNK])
        connection.execute(update(table).where(some).values(counted))


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


def _touch(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    table = schema.conflicts
    blocked = [verdict for verdict in Verdict if verdict.is_blocked]
    for start in range(0, len(ids), _CHUNK):
        some = table.c.id.in_(ids[start : start + _CHUNK])
        connection.execute(update(table).where(some).values(asked_at=now))
        held = some & table.c.verdict.in_(blocked)
        connection.execute(update(table).where(held).values(held_at=now))


def _erase_settled(connection: Connection, before: datetime) -> None:
    conflicts, failures = schema.conflicts, schema.failures
    may_change = [verdict for verdict in Verdict if verdict.may_change]
    final = failures.c.verdict.not_in(may_change), failures.c.judged_at < before
    connection.execute(
        update(failures).where(*final, failures.c.sealed.is_not(None)).values(sealed=None)
    )
    connection.execute(update(conflicts).where(conflicts.c.settled_at < before).values(sealed=None))


def _upsert(
    connection: Connection, table: Table, lines: list[dict[str, Any]], keep: Sequence[str] = ()
) -> None:
    """Insert, or overwrite every column that the lines give except those to `keep`."""
    groups: dict[frozenset[str], list[dict[str, Any]]] = {}
    for line in lines:
        groups.setdefault(frozenset(line), []).append(line)
    for names, same in groups.items():
        statement = insert(table)
        key = [column.name for column in table.primary_key]
        changing = {name: statement.excluded[name] for name in names - {*key, *keep}}
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changing), same)


def _insert_new(connection: Connection, table: Table, lines: list[dict[str, Any]]) -> None:
    if lines:
        connection.execute(insert(table).on_conflict_do_nothing(), lines)


def next_generation(connection: Connection) -> None:
    """Tell every cache that what is stored has changed."""
    table = schema.meta
    query = select(table.c.value).where(table.c.name == "generation")
    grown = int(connection.scalar(query) or 0) + 1
    _upsert(connection, table, [{"name": "generation", "value": str(grown)}])
