"""How many Failures were there, by what, and how did that change?

Whole days of any number of organizations come from the daily counts, the rest from the Failures
themselves through an index; both give the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Table, func, select, type_coerce

from collectors.evidence.database import Store
from collectors.evidence.reads.failures import FailureFilter, conditions
from collectors.evidence.schema import failure_days, failures, from_micros

_MICROSECOND = timedelta(microseconds=1)


class By(StrEnum):
    """What to tell apart; the values are the store's own names."""

    ENVIRONMENT = "environment"
    CONSTRAINT = "constraint_name"
    TABLE = "table_name"
    OPERATION = "operation"
    RELEASE = "release"
    VERDICT = "verdict"


class Step(StrEnum):
    """How finely time is cut: UTC hours or days."""

    HOUR = "hour"
    DAY = "day"

    @property
    def span(self) -> timedelta:
        """Its length."""
        return timedelta(hours=1) if self is Step.HOUR else timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FailureCount:
    """`names` has a text for each thing told apart ('': not known); `at` is where a step begins."""

    at: datetime | None
    names: tuple[str, ...]
    failures: int


def count_by(
    store: Store, wanted: FailureFilter, by: Sequence[By] = (), step: Step | None = None
) -> list[FailureCount]:
    """Every combination that has a Failure, in order of time and names; none has zero."""
    table = failure_days if is_of_whole_days(wanted) and step is not Step.HOUR else failures
    query = _counting(table, wanted, by, step)
    with store.read() as connection:
        found = connection.execute(query).all()
    return [_count(row, timed=step is not None) for row in found]


def count_failures(store: Store, wanted: FailureFilter) -> int:
    """How many Failures match."""
    return sum(one.failures for one in count_by(store, wanted))


def is_of_whole_days(wanted: FailureFilter) -> bool:
    """The daily counts know all that is asked."""
    edges = (wanted.since, wanted.until)
    only = (wanted.organization_id, wanted.conflict_id, wanted.event_id, wanted.issue_id)
    return only == (None,) * 4 and all(
        edge is None or edge.timetz().replace(tzinfo=None) == time.min for edge in edges
    )


def _counting(
    table: Table, wanted: FailureFilter, by: Sequence[By], step: Step | None
) -> Select[Any]:
    counted = func.count() if table is failures else func.sum(table.c.failures)
    at = table.c.occurred_at if table is failures else table.c.day
    terms: list[ColumnElement[Any]] = [] if step is None else [_beginning(at, step)]
    terms += [func.coalesce(table.c[name.value], "") for name in by]
    query = select(*terms, counted.label("failures")).where(*conditions(table, wanted, at))
    return query.group_by(*terms).having(counted > 0).order_by(*terms)


def _beginning(at: ColumnElement[datetime], step: Step) -> ColumnElement[int]:
    micros = type_coerce(at, Integer)
    return micros - micros % (step.span // _MICROSECOND)


def _count(row: Sequence[Any], *, timed: bool) -> FailureCount:
    *told, number = row
    at = from_micros(told.pop(0)) if timed else None
    return FailureCount(at, tuple(told), int(number))
