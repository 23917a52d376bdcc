"""Which Failures are there: for the command line, a Conflict's page, and the UNDECIDED queue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, select, tuple_, union

from collectors.evidence.database import Store
from collectors.evidence.reads.rows import row_ref, row_refs
from collectors.evidence.schema import conflicts, failure_days, issues
from collectors.evidence.schema import failures as table
from collectors.model import Confidence, Operation, RowRef, Verdict


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A Failure as stored, with its Verdict. `columns` are the Conflict's, if it has one."""

    event_id: str
    environment: str
    occurred_at: datetime
    operation: Operation | None
    transaction: str | None
    release: str | None
    issue_id: str | None
    issue_url: str | None
    verdict: Verdict
    confidence: Confidence | None
    reasons: tuple[str, ...]
    constraint: str | None
    table: str | None
    blocker: RowRef | None
    candidates: tuple[RowRef, ...]
    conflict_id: str | None


@dataclass(frozen=True, slots=True)
class FailureFilter:
    """Empty means "any". `until` is the first moment that is left out."""

    environments: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    organization_id: str | None = None
    constraint: str | None = None
    release: str | None = None
    conflict_id: str | None = None
    event_id: str | None = None
    issue_id: str | None = None


def iter_failures(
    store: Store,
    wanted: FailureFilter,
    *,
    after: tuple[datetime, str] | None = None,
    limit: int | None,
) -> Iterator[FailureRow]:
    """Newest first, read as a stream; `after` continues behind (occurred_at, event_id)."""
    query = _select().where(*conditions(table, wanted, table.c.occurred_at))
    if after is not None:
        place = (table.c.occurred_at, table.c.event_id)
        query = query.where(tuple_(*place) < tuple_(*after, types=[c.type for c in place]))
    query = query.order_by(table.c.occurred_at.desc(), table.c.event_id.desc()).limit(limit)
    with store.read() as connection:
        for row in connection.execution_options(yield_per=1_000).execute(query):
            yield _failure(row)


def list_failures(
    store: Store,
    wanted: FailureFilter | None = None,
    *,
    after: tuple[datetime, str] | None = None,
    limit: int = 200,
) -> list[FailureRow]:
    """One page of `iter_failures`."""
    return list(iter_failures(store, wanted or FailureFilter(), after=after, limit=limit))


def iter_verdicts(store: Store, wanted: FailureFilter) -> Iterator[tuple[str, Verdict]]:
    """The event ids of `iter_failures`, each with its Verdict, and no more of a line."""
    at = table.c.occurred_at
    query = select(table.c.event_id, table.c.verdict).where(*conditions(table, wanted, at))
    query = query.order_by(at.desc(), table.c.event_id.desc())
    with store.read() as connection:
        for event_id, verdict in connection.execution_options(yield_per=1_000).execute(query):
            yield event_id, Verdict(verdict)


def known_environments(store: Store) -> list[str]:
    """Every environment a Failure or Conflict was stored for, in alphabetical order.

    From the daily counts, and from those Conflicts that have no Failure: few lines of either.
    """
    looked_up = select(conflicts.c.environment).where(conflicts.c.last_seen.is_(None))
    query = union(select(failure_days.c.environment), looked_up)
    with store.read() as connection:
        return sorted(connection.scalars(query))


def _select() -> Select[Any]:
    url = issues.c.url.label("issue_url")
    return select(table, url).outerjoin(issues, issues.c.issue_id == table.c.issue_id)


def conditions(
    of: Table, wanted: FailureFilter, at: ColumnElement[datetime]
) -> list[ColumnElement[bool]]:
    """What lines of `of` must be like; `at` is the time that they tell."""
    terms: list[ColumnElement[bool]] = []
    if wanted.environments:
        terms.append(of.c.environment.in_(wanted.environments))
    if wanted.verdicts:
        terms.append(of.c.verdict.in_(wanted.verdicts))
    if wanted.since is not None:
        terms.append(at >= wanted.since)
    if wanted.until is not None:
        terms.append(at < wanted.until)
    terms += [of.c[name] == value for name, value in _exactly(wanted) if value is not None]
    return terms


def _exactly(wanted: FailureFilter) -> Iterator[tuple[str, str | None]]:
    yield "constraint_name", wanted.constraint
    yield "release", wanted.release
    for name in ("organization_id", "conflict_id", "event_id", "issue_id"):
        yield name, getattr(wanted, name)


def _failure(row: Row[Any]) -> FailureRow:
    return FailureRow(
        event_id=row.event_id,
        environment=row.environment,
        occurred_at=row.occurred_at,
        operation=None if row.operation is None else Operation(row.operation),
        transaction=row.transaction,
        release=row.release,
        issue_id=row.issue_id,
        issue_url=row.issue_url,
        verdict=Verdict(row.verdict),
        confidence=None if row.confidence is None else Confidence(row.confidence),
        reasons=tuple(row.reasons),
        constraint=row.constraint_name,
        table=row.table_name,
        blocker=row_ref(row.blocker),
        candidates=row_refs(row.candidates),
        conflict_id=row.conflict_id,
    )
