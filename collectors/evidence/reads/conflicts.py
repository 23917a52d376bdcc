"""Which Conflicts are there: the list that Triage pages through, one of them, its history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain, islice
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, tuple_

from collectors.evidence.database import Store
from collectors.evidence.reads.rows import row_ref, row_refs
from collectors.evidence.schema import conflicts as table
from collectors.evidence.schema import failures, fingerprints, verdict_history
from collectors.model import Confidence, RowRef, Verdict


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """A Conflict as stored. `columns` and `masked_key` are of the same length."""

    id: str
    environment: str
    target: str
    schema: str
    table: str
    constraint: str
    columns: tuple[str, ...]
    organization_id: str | None
    masked_key: tuple[str, ...]
    verdict: Verdict
    confidence: Confidence | None
    reasons: tuple[str, ...]
    blocker: RowRef | None
    holder: RowRef | None
    row_created_at: datetime | None
    candidates: tuple[RowRef, ...]
    failures: int
    first_seen: datetime | None
    last_seen: datetime | None
    held_at: datetime | None
    asked_at: datetime
    released_by: str | None


@dataclass(frozen=True, slots=True)
class ConflictFilter:
    """Empty means "any". `since` bounds the newest Failure; any Failure may be of the `release`."""

    environments: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    organization_id: str | None = None
    constraint: str | None = None
    release: str | None = None
    since: datetime | None = None


class Order(StrEnum):
    """What a list of Conflicts is sorted by. One without that value comes last."""

    NEWEST = "newest failure first"
    OLDEST = "longest blocked first"
    MOST = "most attempts first"


_SORTED: Mapping[Order, ColumnElement[Any]] = {
    Order.NEWEST: table.c.last_seen,
    Order.OLDEST: table.c.first_seen,
    Order.MOST: table.c.failures,
}

Position = tuple[datetime | int | None, str]
"""Where a page ended: the last line's value that it is sorted by, and its id."""


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """One line of a Conflict's Verdict history."""

    at: datetime
    verdict: Verdict
    confidence: Confidence | None
    reasons: tuple[str, ...]


def iter_conflicts(
    store: Store,
    wanted: ConflictFilter,
    *,
    after: Position | None = None,
    limit: int | None,
    order: Order = Order.NEWEST,
) -> Iterator[ConflictRow]:
    """Sorted, read as a stream; `after` continues behind a page's last line (keyset paging)."""
    query = select(table).where(*conditions_of(wanted))
    column = _SORTED[order]
    parts: list[Select[Any]] = []
    if after is None or after[0] is not None:
        parts.append(_sorted(query.where(column.is_not(None)), column, order, after))
        after = None
    rest = query.where(column.is_(None)).order_by(table.c.id.desc())
    parts.append(rest if after is None else rest.where(table.c.id < after[1]))
    with store.read() as connection:
        stream = connection.execution_options(yield_per=1_000)
        rows = chain.from_iterable(stream.execute(part.limit(limit)) for part in parts)
        yield from map(_conflict, islice(rows, limit))


def list_conflicts(
    store: Store,
    wanted: ConflictFilter | None = None,
    *,
    after: Position | None = None,
    limit: int | None = None,
    order: Order = Order.NEWEST,
) -> list[ConflictRow]:
    """All of `iter_conflicts`."""
    return list(
        iter_conflicts(store, wanted or ConflictFilter(), after=after, limit=limit, order=order)
    )


def position(conflict: ConflictRow, order: Order) -> Position:
    """Where a page ends that ends with this line."""
    values = {
        Order.NEWEST: conflict.last_seen,
        Order.OLDEST: conflict.first_seen,
        Order.MOST: conflict.failures,
    }
    return values[order], conflict.id


def _sorted(
    query: Select[Any], column: ColumnElement[Any], order: Order, after: Position | None
) -> Select[Any]:
    place = (column, table.c.id)
    up = order is Order.OLDEST
    if after is not None:
        here, there = tuple_(*place), tuple_(*after, types=[one.type for one in place])
        query = query.where(here > there if up else here < there)
    return query.order_by(*(one.asc() if up else one.desc() for one in place))


def find_conflict(store: Store, conflict_id: str) -> ConflictRow | None:
    """One Conflict by its id."""
    with store.read() as connection:
        row = connection.execute(select(table).where(table.c.id == conflict_id)).one_or_none()
    return None if row is None else _conflict(row)


def count_by_verdict(store: Store, wanted: ConflictFilter) -> dict[Verdict, int]:
    """How many Conflicts stand at each Verdict; one that none stands at is left out."""
    query = select(table.c.verdict, func.count()).where(*conditions_of(wanted))
    with store.read() as connection:
        rows = connection.execute(query.group_by(table.c.verdict))
        return {Verdict(verdict): count for verdict, count in rows}


def conflicts_of_values(store: Store, values: Sequence[str]) -> list[ConflictRow]:
    """The Conflicts any of these values belongs to, newest first.

    Only the spellings given are looked for: folding is the Target's business.
    """
    known = [store.vault.fingerprint(value) for value in values]
    ids = select(fingerprints.c.conflict_id).where(fingerprints.c.fingerprint.in_(known))
    query = select(table).where(table.c.id.in_(ids))
    with store.read() as connection:
        return [_conflict(row) for row in connection.execute(_newest_first(query))]


def conflicts_of_rows(store: Store, rows: Sequence[str]) -> list[ConflictRow]:
    """The Conflicts whose blocker, holder or organization has one of these row ids."""
    wanted = [table.c.organization_id.in_(rows)]
    wanted += [table.c[name]["id"].as_string().in_(rows) for name in ("blocker", "holder")]
    with store.read() as connection:
        found = {
            row.id: _conflict(row)
            for condition in wanted
            for row in connection.execute(_newest_first(select(table).where(condition)))
        }
    return list(found.values())


def known_organizations(store: Store, ids: Sequence[str]) -> set[str]:
    """Those of the ids that are an organization with a Conflict."""
    column = table.c.organization_id
    with store.read() as connection:
        return set(connection.scalars(select(column).where(column.in_(ids)).distinct()))


def failing_around(
    store: Store, ids: Sequence[str], moments: Sequence[datetime], within: timedelta
) -> set[str]:
    """Those of the Conflicts that have a Failure no further than `within` from any of the times."""
    seen = failures.c
    near = [seen.occurred_at.between(moment - within, moment + within) for moment in moments]
    query = select(seen.conflict_id).where(seen.conflict_id.in_(ids), or_(*near)).distinct()
    with store.read() as connection:
        return set(connection.scalars(query))


def verdict_changes(store: Store, conflict_id: str) -> list[VerdictChange]:
    """How a Conflict's Verdict changed, oldest first."""
    query = (
        select(verdict_history)
        .where(verdict_history.c.conflict_id == conflict_id)
        .order_by(verdict_history.c.id)
    )
    with store.read() as connection:
        return [
            VerdictChange(row.at, Verdict(row.verdict), _sure(row.confidence), tuple(row.reasons))
            for row in connection.execute(query)
        ]


def conditions_of(wanted: ConflictFilter) -> list[ColumnElement[bool]]:
    """What a line of `conflicts` must be like."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.environments:
        conditions.append(table.c.environment.in_(wanted.environments))
    if wanted.verdicts:
        conditions.append(table.c.verdict.in_(wanted.verdicts))
    if wanted.organization_id is not None:
        conditions.append(table.c.organization_id == wanted.organization_id)
    if wanted.constraint is not None:
        conditions.append(table.c.constraint_name == wanted.constraint)
    if wanted.release is not None:
        seen = select(failures.c.conflict_id).where(failures.c.release == wanted.release)
        conditions.append(table.c.id.in_(seen))
    if wanted.since is not None:
        conditions.append(table.c.last_seen >= wanted.since)
    return conditions


def _newest_first(query: Select[Any]) -> Select[Any]:
    return query.order_by(table.c.last_seen.desc(), table.c.id.desc())


def _sure(stored: str | None) -> Confidence | None:
    return None if stored is None else Confidence(stored)


def _conflict(row: Row[Any]) -> ConflictRow:
    return ConflictRow(
        id=row.id,
        environment=row.environment,
        target=row.target,
        schema=row.schema_name,
        table=row.table_name,
        constraint=row.constraint_name,
        columns=tuple(row.columns),
        organization_id=row.organization_id,
        masked_key=tuple(row.masked_key),
        verdict=Verdict(row.verdict),
        confidence=_sure(row.confidence),
        reasons=tuple(row.reasons),
        blocker=row_ref(row.blocker),
        holder=row_ref(row.holder),
        row_created_at=row.row_created_at,
        candidates=row_refs(row.candidates),
        failures=row.failures,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        held_at=row.held_at,
        asked_at=row.asked_at,
        released_by=row.released_by,
    )
