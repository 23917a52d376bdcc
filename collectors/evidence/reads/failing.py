"""Which unique keys fail in which release, since when and until when, and how do they stand now?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Integer, Select, case, func, select, type_coerce

from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import ConflictFilter, conditions_of
from collectors.evidence.reads.failed_recreations import OF_THIS_BUG
from collectors.evidence.reads.failure_counts import is_of_whole_days
from collectors.evidence.reads.failures import FailureFilter, conditions
from collectors.evidence.schema import conflicts, failure_days, failures, from_micros
from collectors.model import Verdict

_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class FailingSpan:
    """Failures of this bug by one key in one environment and release ('' where not known)."""

    environment: str
    table: str
    constraint: str
    release: str
    first_day: date
    last_day: date
    failures: int


@dataclass(frozen=True, slots=True)
class KeyNow:
    """The Conflicts of one key in one environment that this bug made; `blocked` ones still are."""

    environment: str
    constraint: str
    blocked: int
    last_failed: datetime | None


@dataclass(frozen=True, slots=True)
class FreedDay:
    """Conflicts of one key that a Remedy of ours freed on one UTC day."""

    environment: str
    constraint: str
    day: date
    conflicts: int


def failing_spans(store: Store, wanted: FailureFilter | None = None) -> list[FailingSpan]:
    """Every key with a Failure of this bug, by release; the Verdicts are this question's own."""
    wanted = replace(wanted or FailureFilter(), verdicts=OF_THIS_BUG)
    with store.read() as connection:
        rows = connection.execute(_spans(wanted)).all()
    return [
        FailingSpan(one, table, key, release, _date(first), _date(last), int(many))
        for one, table, key, release, first, last, many in rows
    ]


def keys_now(store: Store, wanted: ConflictFilter | None = None) -> list[KeyNow]:
    """How many Conflicts of each key are blocked, and when it failed last."""
    table = conflicts.c
    wanted = replace(wanted or ConflictFilter(), verdicts=OF_THIS_BUG)
    blocked = [verdict for verdict in OF_THIS_BUG if verdict.is_blocked]
    many = func.sum(case((table.verdict.in_(blocked), 1), else_=0))
    kind = (table.environment, table.constraint_name)
    query = select(*kind, many, func.max(table.last_seen)).where(*conditions_of(wanted))
    with store.read() as connection:
        return [KeyNow(*row) for row in connection.execute(query.group_by(*kind))]


def freed_by_us(store: Store, wanted: ConflictFilter | None = None) -> list[FreedDay]:
    """When Remedies of ours freed keys, by day; what was blocked again since is not among them."""
    table = conflicts.c
    at = type_coerce(table.released_at, Integer)
    kind = (table.environment, table.constraint_name, at - at % _DAY)
    query = select(*kind, func.count()).where(table.released_at.is_not(None))
    wanted = replace(wanted or ConflictFilter(), verdicts=(Verdict.UNBLOCKED,))
    with store.read() as connection:
        rows = connection.execute(query.where(*conditions_of(wanted)).group_by(*kind)).all()
    return [FreedDay(one, key, _date(day), many) for one, key, day, many in rows]


def _spans(wanted: FailureFilter) -> Select[Any]:
    """From the daily counts where those know enough."""
    table = failure_days if is_of_whole_days(wanted) else failures
    at = table.c.day if table is failure_days else table.c.occurred_at
    micros = type_coerce(at, Integer)
    many = func.sum(table.c.failures) if table is failure_days else func.count()
    names = ("environment", "table_name", "constraint_name", "release")
    kind = [func.coalesce(table.c[name], "") for name in names]
    query = select(*kind, func.min(micros), func.max(micros), many)
    query = query.where(kind[2] != "", *conditions(table, wanted, at))
    if table is failure_days:
        query = query.where(table.c.failures > 0)
    return query.group_by(*kind).order_by(*kind)


def _date(micros: int) -> date:
    return from_micros(micros).date()
