"""What must be asked again: Failures whose Verdict may still change, and what we saw before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, not_, or_, select, text

from collectors.evidence.chunks import chunks
from collectors.evidence.database import Store
from collectors.evidence.reads.rows import row_ref
from collectors.evidence.reads.unfailed import Pending, looked_up, looked_up_conflicts
from collectors.evidence.schema import conflicts, failures, verdict_history
from collectors.evidence.schema.collected import BLOCKED
from collectors.evidence.sealing import open_key
from collectors.model import (
    BLOCKED_VERDICTS,
    Earlier,
    Failure,
    KeyValues,
    Operation,
    Verdict,
    ViolatedKey,
)

_MOST_SELDOM = 1_000
_SOON = ("target", "snapshot")
_SELDOM = ("catalog", "rows")
_OPEN = [verdict for verdict in Verdict if verdict.may_change]


def newest_change(store: Store) -> int:
    """The number of the newest change of a Conflict's Verdict; 0 before the first."""
    with store.read() as connection:
        return int(connection.scalar(select(func.max(verdict_history.c.id))) or 0)


def turned(store: Store, since: int) -> tuple[int, int]:
    """How many Conflicts block somebody and did not at that change, and the other way round."""
    history = verdict_history.c
    before = (
        select(history.verdict)
        .where(history.conflict_id == conflicts.c.id, history.id <= since)
        .order_by(history.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    changed = select(history.conflict_id).where(history.id > since)
    query = select(conflicts.c.verdict, before).where(conflicts.c.id.in_(changed))
    with store.read() as connection:
        pairs = [
            (now in BLOCKED_VERDICTS, then in BLOCKED_VERDICTS)
            for now, then in connection.execute(query)
        ]
    return pairs.count((True, False)), pairs.count((False, True))


def open_conflicts(
    store: Store, before: datetime | None = None, restored: Collection[str] = ()
) -> Iterator[Pending]:
    """The newest Failure of every blocked Conflict, and of those a Remedy closed since.

    And of all that was unblocked in the `restored` Targets. Those that were asked about at or after
    `before` are left out, here and below.
    """
    table = conflicts.c
    earlier = [] if before is None else [table.asked_at < before]
    newest = select(failures).join(conflicts, failures.c.event_id == table.newest_event)
    yield from _pending(store, newest.where(text(f"conflicts.{BLOCKED}"), *earlier))
    closed = table.released_by.is_not(None), table.verdict.not_in(BLOCKED_VERDICTS)
    unconfirmed = table.asked_at <= table.released_at
    yield from _pending(store, newest.where(*closed, unconfirmed, *earlier))
    blocked = looked_up_conflicts().where(text(f"conflicts.{BLOCKED}"), *earlier)
    yield from looked_up(store, blocked)
    yield from looked_up(store, looked_up_conflicts().where(*closed, unconfirmed, *earlier))
    if not restored:
        return
    unblocked = table.verdict == Verdict.UNBLOCKED, table.target.in_(restored)
    confirmed = *unblocked, or_(table.released_by.is_(None), not_(unconfirmed))
    yield from _pending(store, newest.where(*confirmed, *earlier))
    yield from looked_up(store, looked_up_conflicts().where(*confirmed, *earlier))


def open_failures(store: Store, conflict_ids: Sequence[str]) -> Iterator[Pending]:
    """Every Failure of these Conflicts whose own Verdict may change or was closed by a remedy."""
    changing = [*_OPEN, Verdict.UNBLOCKED]
    for ids in chunks(conflict_ids):
        some = failures.c.conflict_id.in_(ids)
        yield from _pending(store, select(failures).where(some, failures.c.verdict.in_(changing)))


def judged_failures(store: Store, event_ids: Sequence[str]) -> Iterator[Pending]:
    """Those of these Events that have a Conflict, with what it is about."""
    for ids in chunks(event_ids):
        some = failures.c.event_id.in_(ids)
        yield from _pending(
            store, select(failures).where(some, failures.c.conflict_id.is_not(None))
        )


def outlived_failures(store: Store) -> Iterator[Pending]:
    """Failures that stand as blocked although a newer one showed their Conflict otherwise."""
    with store.read() as connection:
        outlived = select(conflicts.c.id).where(conflicts.c.outlived.is_not(None))
        found = connection.scalars(outlived).all()
    for ids in chunks(found):
        some = failures.c.conflict_id.in_(ids)
        blocked = failures.c.verdict.in_(BLOCKED_VERDICTS)
        yield from _pending(store, select(failures).where(some, blocked))


def newest_failure(store: Store, conflict_id: str) -> Pending | None:
    """A Conflict's newest Failure, while what it asked for is still kept."""
    newest = failures.c.event_id == conflicts.c.newest_event
    query = select(failures).join(conflicts, newest).where(conflicts.c.id == conflict_id)
    found = next(_pending(store, query), None)
    alone = looked_up_conflicts().where(conflicts.c.id == conflict_id)
    return found or next(looked_up(store, alone), None)


def undecided_failures(
    store: Store, asks: Callable[[str], bool], before: datetime | None = None
) -> Iterator[Pending]:
    """UNDECIDED Failures of the environments for which `asks` holds, that a look could decide.

    All that wait for a Target or a newer Snapshot. Of those that wait for another catalog or other
    rows, which seldom come, the _MOST_SELDOM that were asked longest ago: so each gets its turn.
    """
    waiting = select(failures).where(failures.c.waits_for.is_not(None))
    if before is not None:
        waiting = waiting.where(failures.c.judged_at < before)
    for environment in filter(asks, _waiting_environments(store)):
        own = waiting.where(failures.c.environment == environment)
        yield from _pending(store, own.where(failures.c.waits_for.in_(_SOON)))
        for what in _SELDOM:
            some = own.where(failures.c.waits_for == what).order_by(failures.c.judged_at)
            yield from _pending(store, some.limit(_MOST_SELDOM))


def _waiting_environments(store: Store) -> list[str]:
    """Found by leaps through an index: there are few of them, and may be many Failures in each."""
    found: set[str] = set()
    with store.read() as connection:
        for what in (*_SOON, *_SELDOM):
            some = select(func.min(failures.c.environment)).where(failures.c.waits_for == what)
            name = connection.scalar(some)
            while name is not None:
                found.add(name)
                name = connection.scalar(some.where(failures.c.environment > name))
    return sorted(found)


def earlier_looks(store: Store, conflict_ids: Iterable[str]) -> dict[str, Earlier]:
    """What our last look at each of these Conflicts found; an unknown one is left out."""
    table = conflicts.c
    query = select(
        table.id,
        table.verdict,
        table.blocker,
        table.held_at,
        table.released_by,
        table.released_at,
        table.organization_id,
    )
    seen: dict[str, Earlier] = {}
    with store.read() as connection:
        for ids in chunks(conflict_ids):
            rows = connection.execute(query.where(table.id.in_(ids)))
            seen |= {row.id: _earlier(row) for row in rows}
    return seen


def _earlier(row: Any) -> Earlier:
    return Earlier(
        Verdict(row.verdict),
        row_ref(row.blocker),
        row.held_at,
        row.released_by,
        row.released_at,
        row.organization_id,
    )


def _pending(store: Store, query: Select[Any]) -> Iterator[Pending]:
    own = conflicts.alias()
    of_own = own.c.id == failures.c.conflict_id
    names = (
        own.c.schema_name.label("key_schema"),
        own.c.table_name.label("key_table"),
        own.c.columns.label("key_columns"),
        own.c.sealed.label("key_sealed"),
        own.c.constraint_name.label("key_name"),
    )
    told = [select(name).where(of_own).scalar_subquery().label(name.name) for name in names]
    kept = query.where(failures.c.sealed.is_not(None)).add_columns(*told)
    with store.read() as connection:
        for row in connection.execute(kept):
            failure = _failure(store, row)
            yield Pending(
                row.source,
                failure,
                row.conflict_id,
                Verdict(row.verdict),
                row_ref(row.blocker),
                row.target,
                None if row.key_table is None else (row.key_schema, row.key_table),
                tuple(row.key_columns or ()),
                _key_values(store, failure.key, row.key_sealed),
                row.key_name,
            )


def _key_values(store: Store, told: ViolatedKey | None, sealed: bytes | None) -> KeyValues | None:
    """The Conflict's own, unless the Event prints them whole: opening a seal takes its time."""
    if sealed is None or told is None or told.complete:
        return None
    return tuple(store.vault.open(sealed))


def _failure(store: Store, row: Row[Any]) -> Failure:
    key, oddity = open_key(store.vault, row.sealed)
    return Failure(
        event_id=row.event_id,
        environment=row.environment,
        occurred_at=row.occurred_at,
        project=row.project,
        operation=None if row.operation is None else Operation(row.operation),
        transaction=row.transaction,
        release=row.release,
        issue_id=row.issue_id,
        key=key,
        oddity=oddity,
        organization_id=row.organization_id,
    )
