"""What must be asked again: Failures whose Verdict may still change, and what we saw before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, and_, or_, select

from collectors.evidence.database import Store
from collectors.evidence.reads.rows import row_ref
from collectors.evidence.schema import conflicts, failures
from collectors.evidence.sealing import open_key
from collectors.model import Earlier, Failure, Operation, RowRef, Verdict

_CHUNK = 500
_BLOCKED = [verdict for verdict in Verdict if verdict.is_blocked]
_OPEN = [verdict for verdict in Verdict if verdict.may_change]


@dataclass(frozen=True, slots=True)
class Pending:
    """A stored Failure to ask about again, with the Verdict and blocker it has now."""

    source: str
    failure: Failure
    conflict_id: str | None
    verdict: Verdict
    blocker: RowRef | None


def blocked_conflicts(store: Store) -> set[str]:
    """The ids of the Conflicts that block somebody, as far as we know."""
    query = select(conflicts.c.id).where(conflicts.c.verdict.in_(_BLOCKED))
    with store.read() as connection:
        return set(connection.scalars(query))


def open_conflicts(store: Store, besides: Set[str] = frozenset()) -> Iterator[Pending]:
    """The newest Failure of every blocked Conflict, and of those a Remedy closed since.

    `besides` are ids of Events that need no asking, here and below.
    """
    unconfirmed = and_(
        conflicts.c.released_by.is_not(None), conflicts.c.asked_at <= conflicts.c.released_at
    )
    newest = failures.c.event_id == conflicts.c.newest_event
    query = select(failures).join(conflicts, newest)
    query = query.where(or_(conflicts.c.verdict.in_(_BLOCKED), unconfirmed))
    yield from _pending(store, query, besides)


def open_failures(store: Store, conflict_ids: Sequence[str]) -> Iterator[Pending]:
    """Every Failure of these Conflicts whose own Verdict may change or was closed by a remedy."""
    changing = [*_OPEN, Verdict.UNBLOCKED]
    for start in range(0, len(conflict_ids), _CHUNK):
        some = failures.c.conflict_id.in_(conflict_ids[start : start + _CHUNK])
        yield from _pending(store, select(failures).where(some, failures.c.verdict.in_(changing)))


def outlived_failures(store: Store, besides: Set[str] = frozenset()) -> Iterator[Pending]:
    """Failures that stand as blocked although a newer one showed their Conflict otherwise."""
    query = select(failures).join(conflicts, conflicts.c.id == failures.c.conflict_id)
    blocked = failures.c.verdict.in_(_BLOCKED), conflicts.c.verdict.not_in(_BLOCKED)
    yield from _pending(store, query.where(*blocked), besides)


def newest_failure(store: Store, conflict_id: str) -> Pending | None:
    """A Conflict's newest Failure, while what it asked for is still kept."""
    newest = failures.c.event_id == conflicts.c.newest_event
    query = select(failures).join(conflicts, newest).where(conflicts.c.id == conflict_id)
    return next(_pending(store, query), None)


def undecided_failures(store: Store, besides: Set[str] = frozenset()) -> Iterator[Pending]:
    """Failures that a look could still decide: something of their values is known."""
    query = select(failures).where(failures.c.verdict == Verdict.UNDECIDED)
    yield from _pending(store, query, besides)


def earlier_looks(store: Store, conflict_ids: Iterable[str]) -> dict[str, Earlier]:
    """What our last look at each of these Conflicts found; an unknown one is left out."""
    wanted = list(conflict_ids)
    table = conflicts.c
    query = select(
        table.id,
        table.verdict,
        table.blocker,
        table.held_at,
        table.released_by,
        table.released_at,
    )
    seen: dict[str, Earlier] = {}
    with store.read() as connection:
        for start in range(0, len(wanted), _CHUNK):
            some = query.where(table.id.in_(wanted[start : start + _CHUNK]))
            seen |= {row.id: _earlier(row) for row in connection.execute(some)}
    return seen


def _earlier(row: Any) -> Earlier:
    return Earlier(
        Verdict(row.verdict), row_ref(row.blocker), row.held_at, row.released_by, row.released_at
    )


def _pending(
    store: Store, query: Select[Any], besides: Set[str] = frozenset()
) -> Iterator[Pending]:
    with store.read() as connection:
        for row in connection.execute(query.where(failures.c.sealed.is_not(None))):
            if row.event_id in besides:
                continue
            yield Pending(
                row.source,
                _failure(store, row),
                row.conflict_id,
                Verdict(row.verdict),
                row_ref(row.blocker),
            )


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
