"""How many Re-creations failed, and how many customers did a release hurt?

A failed Re-creation is a customer (a Conflict) whose create a Tombstone stood in the way of, be it
unblocked since or not: once a day, however often they tried. Whole days of any organization come
from daily counts, the rest from the Failures through an index.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, distinct, func, select, type_coerce

from collectors.evidence.database import Store
from collectors.evidence.reads.failure_counts import is_of_whole_days
from collectors.evidence.reads.failures import FailureFilter, conditions
from collectors.evidence.schema import (
    failed_recreation_days,
    failures,
    from_micros,
    release_customers,
)
from collectors.model import OF_THIS_BUG, Operation, Verdict

_BY_TOMBSTONE = (Verdict.BLOCKED_BY_TOMBSTONE, Verdict.UNBLOCKED)
_DAY_MICROS = 86_400_000_000


@dataclass(frozen=True, slots=True)
class FailedDay:
    """`table` and `constraint` are '' where they are not known; a day with none has no line."""

    day: date
    environment: str
    table: str
    constraint: str
    customers: int


@dataclass(frozen=True, slots=True)
class ReleaseCustomers:
    """The customers that one release hurt in one environment ('': a release that is not known)."""

    environment: str
    release: str
    customers: int


def failed_recreations(store: Store, wanted: FailureFilter) -> list[FailedDay]:
    """By day, environment and key, in order. Its Verdicts are this question's own."""
    wanted = replace(wanted, verdicts=())
    query = _from_days(wanted) if is_of_whole_days(wanted) else _from_failures(wanted)
    with store.read() as connection:
        rows = connection.execute(query).all()
    return [
        FailedDay(from_micros(row[0]).date(), row[1], row[2], row[3], int(row[4])) for row in rows
    ]


def customers_by_release(store: Store, wanted: FailureFilter) -> list[ReleaseCustomers]:
    """Whom each release hurt, by environment, for a period that ends now."""
    wanted = replace(wanted, verdicts=())
    quick = is_of_whole_days(wanted) and wanted.until is None
    query = _customers_of_days(wanted) if quick else _customers_of_failures(wanted)
    with store.read() as connection:
        return [ReleaseCustomers(*row) for row in connection.execute(query) if row[2]]


def _from_days(wanted: FailureFilter) -> Select[Any]:
    table = failed_recreation_days
    kind = (table.c.environment, table.c.table_name, table.c.constraint_name)
    day = type_coerce(table.c.day, Integer)
    any_release = table.c.any_release.is_(wanted.release is None)
    counted = func.sum(table.c.customers)
    query = select(day, *kind, counted).where(any_release, *conditions(table, wanted, table.c.day))
    return query.group_by(day, *kind).having(counted > 0).order_by(day, *kind)


def _from_failures(wanted: FailureFilter) -> Select[Any]:
    at = type_coerce(failures.c.occurred_at, Integer)
    day = at - at % _DAY_MICROS
    names = ("environment", "table_name", "constraint_name")
    kind = [func.coalesce(failures.c[name], "") for name in names]
    told = replace(wanted, verdicts=_BY_TOMBSTONE)
    create = failures.c.operation == Operation.CREATE
    counted: ColumnElement[Any] = func.count(distinct(failures.c.conflict_id))
    terms: list[ColumnElement[Any]] = [day, *kind, counted]
    query: Select[Any] = select(*terms).where(create, *_of_somebody(told))
    return query.group_by(day, *kind).order_by(day, *kind)


def _customers_of_days(wanted: FailureFilter) -> Select[Any]:
    table = release_customers
    kind = (table.c.environment, table.c.release)
    query = select(*kind, func.sum(table.c.customers))
    query = query.where(*conditions(table, wanted, table.c.last_day))
    return query.group_by(*kind).order_by(*kind)


def _customers_of_failures(wanted: FailureFilter) -> Select[Any]:
    kind = (failures.c.environment, func.coalesce(failures.c.release, ""))
    query = select(*kind, func.count(distinct(failures.c.conflict_id)))
    query = query.where(*_of_somebody(replace(wanted, verdicts=OF_THIS_BUG)))
    return query.group_by(*kind).order_by(*kind)


def _of_somebody(wanted: FailureFilter) -> list[ColumnElement[bool]]:
    known = failures.c.conflict_id.is_not(None)
    return [known, *conditions(failures, wanted, failures.c.occurred_at)]
