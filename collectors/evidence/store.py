"""Everything that `collect` writes: a page of judged Failures, with its Cursor, in one transaction.

A Failure is known by its event id, so a page that is read twice changes nothing the second time. A
Conflict is derived from its Failures inside the same transaction, never counted along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    case,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.lines import (
    LOOKED_UP,
    Judged,
    conflict_line,
    coverage_line,
    failure_line,
    fingerprint_lines,
    issue_line,
    waits_for,
)
from collectors.model import BLOCKED_VERDICTS, Coverage, Issue, Verdict

_CHUNK = 500
_WAITING = (
    "target",
    "constraint_name",
    "table_name",
    "confidence",
    "reasons",
    "candidates",
    "judged_at",
    "waits_for",
)
"""What another look at an UNDECIDED Failure tells anew, though it stays so."""


def known_events(store: Store, event_ids: Iterable[str]) -> dict[str, str | None]:
    """Those of the ids that were read already, each with the Issue it is stored under, if it is."""
    known: dict[str, str | None] = {}
    wanted = list(event_ids)
    stored, passed = schema.failures.c, schema.passed_events.c
    with store.read() as connection:
        for start in range(0, len(wanted), _CHUNK):
            some = wanted[start : start + _CHUNK]
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
        _save_judged(store, connection, judged)
        upsert(connection, schema.issues, [issue_line(issue) for issue in issues])
        _insert_new(connection, schema.passed_events, [{"event_id": e, "at": now} for e in passed])
        _move(connection, moved or {})
        if coverage is not None:
            upsert(connection, schema.coverages, [coverage_line(source, coverage, now)])
        if cursor is not None:
            line = {"source": source, "cursor": cursor, "updated_at": now}
            upsert(connection, schema.cursors, [line])
        next_generation(connection)


def save_looks(
    store: Store,
    judged: Sequence[Judged],
    unchanged: Mapping[str, datetime],
    undecided: Sequence[Judged] = (),
) -> None:
    """Store a follow-up: what changed, and the Conflicts that stand as they did.

    `unchanged` gives for each the time of the Snapshot that showed it: a standby shows the past.
    `undecided` cannot be decided now either; of them only what stands in the way is new.
    """
    with store.write() as connection:
        _save_judged(store, connection, judged)
        _touch(connection, unchanged)
        if _keep_waiting(store, connection, undecided) or judged:
            next_generation(connection)


def _move(connection: Connection, moved: Mapping[str, str]) -> None:
    table = schema.failures
    if moved:
        lines = [{"moved": event_id, "issue": issue_id} for event_id, issue_id in moved.items()]
        statement = update(table).where(table.c.event_id == bindparam("moved"))
        connection.execute(statement.values(issue_id=bindparam("issue")), lines)


def _keep_waiting(store: Store, connection: Connection, undecided: Sequence[Judged]) -> bool:
    """Whether what is said of any of them changed. A Target that was not asked changes nothing."""
    asked = [one for one in undecided if waits_for(one.judgement) != "target"]
    if not asked:
        return False
    table = schema.failures
    lines = [
        {"id": one.failure.event_id, **{f"new_{name}": line[name] for name in _WAITING}}
        for one in asked
        if (line := failure_line(store.vault, one))
    ]
    same = table.c.event_id == bindparam("id"), table.c.verdict == Verdict.UNDECIDED
    told = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in _WAITING}
    before = _said(connection, asked)
    connection.execute(update(table).where(*same).values(told), lines)
    return _said(connection, asked) != before


def _said(connection: Connection, failures: Sequence[Judged]) -> set[tuple[str, str]]:
    """What the store says of these Failures while they are UNDECIDED, by event id."""
    seen, said = schema.failures.c, set[tuple[str, str]]()
    query = select(seen.event_id, seen.reasons, seen.candidates)
    for start in range(0, len(failures), _CHUNK):
        ids = [one.failure.event_id for one in failures[start : start + _CHUNK]]
        rows = connection.execute(query.where(seen.event_id.in_(ids)))
        said |= {(row.event_id, repr((row.reasons, row.candidates))) for row in rows}
    return said


def load_cursor(store: Store, source: str) -> str | None:
    """Where the source was left, None before its first page."""
    query = select(schema.cursors.c.cursor).where(schema.cursors.c.source == source)
    with store.read() as connection:
        found: str | None = connection.scalar(query)
    return found


def _save_judged(store: Store, connection: Connection, judged: Sequence[Judged]) -> None:
    conflicts = _newest(judged)
    before = _standing(connection, conflicts)
    lines = [conflict_line(store.vault, one) for one in conflicts.values() if _leads(one, before)]
    upsert(connection, schema.conflicts, lines, keep=("failures", "first_seen", "last_seen"))
    told = [one for one in judged if one.source != LOOKED_UP]
    upsert(connection, schema.failures, [failure_line(store.vault, one) for one in told])
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
    for start in range(0, len(ids), _CHUNK):
        some = table.c.id.in_(ids[start : start + _CHUNK])
        connection.execute(update(table).where(some).values(counted))
    _note_outlived(connection, ids)


def _note_outlived(connection: Connection, ids: Sequence[str]) -> None:
    """Which of these Conflicts are blocked no more, while a Failure of theirs still stands so."""
    seen, table = schema.failures.c, schema.conflicts
    of_this = seen.conflict_id == table.c.id
    stands = exists().where(of_this, seen.verdict.in_(BLOCKED_VERDICTS), seen.sealed.is_not(None))
    outlived = case((table.c.verdict.in_(BLOCKED_VERDICTS), None), (stands, True), else_=None)
    for start in range(0, len(ids), _CHUNK):
        some = table.c.id.in_(ids[start : start + _CHUNK])
        connection.execute(update(table).where(some).values(outlived=outlived))


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


def _touch(connection: Connection, looks: Mapping[str, datetime]) -> None:
    """Each Conflict was seen as it stands at that time; those seen at once are noted at once."""
    table = schema.conflicts
    for at in set(looks.values()):
        ids = [conflict_id for conflict_id, seen in looks.items() if seen == at]
        for start in range(0, len(ids), _CHUNK):
            some = table.c.id.in_(ids[start : start + _CHUNK])
            connection.execute(update(table).where(some).values(asked_at=at))
            held = some & table.c.verdict.in_(BLOCKED_VERDICTS)
            connection.execute(update(table).where(held).values(held_at=at))
    _note_outlived(connection, list(looks))


def upsert(
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
    upsert(connection, table, [{"name": "generation", "value": str(grown)}])
