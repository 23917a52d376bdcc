"""How long were customers kept out, since when, and how many began and ended each day?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    func,
    literal,
    select,
    type_coerce,
    union_all,
)

from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import ConflictFilter, conditions_of
from collectors.evidence.reads.customer_terms import customers, micros, whoever
from collectors.evidence.schema import Moment
from collectors.evidence.schema import conflicts as table
from collectors.evidence.schema import customer_days as kept
from collectors.model.customers import DayOfCustomers, Ending

_DAY = timedelta(days=1) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Wait:
    """So many customers were kept out for so many hours, the last one begun, and freed by that."""

    hours: int
    ending: Ending
    customers: int


@dataclass(frozen=True, slots=True)
class StillOut:
    """So many customers first failed on a UTC day and are blocked now."""

    since: datetime
    customers: int


def waits(store: Store, wanted: ConflictFilter) -> list[Wait]:
    """Those who first failed since `wanted.since`, were seen kept out, and are free now."""
    remedied = table.c.released_by.is_not(None)
    query = select(table.c.kept_out_hours, remedied, func.count()).where(
        *conditions_of(whoever(wanted)), *_since(wanted), table.c.kept_out_hours.is_not(None)
    )
    query = query.group_by(table.c.kept_out_hours, remedied)
    with store.read() as connection:
        return [
            Wait(hours, Ending.REMEDY if ours else Ending.THEMSELVES, count)
            for hours, ours, count in connection.execute(query)
        ]


def still_out(store: Store, wanted: ConflictFilter) -> list[StillOut]:
    """Those who first failed since `wanted.since` and are blocked now."""
    out = table.c.kept_out_since
    query = select(out, func.count()).where(*conditions_of(whoever(wanted)), *_since(wanted))
    with store.read() as connection:
        rows = connection.execute(query.where(out.is_not(None)).group_by(out))
        return [StillOut(*row) for row in rows]


def customer_days(store: Store, wanted: ConflictFilter) -> list[DayOfCustomers]:
    """Every day of all time on which somebody began or ended, in order.

    Days of any organization and release are kept; those of one are counted afresh.
    """
    whole = wanted.organization_id is None and wanted.release is None
    query = _kept_days(wanted) if whole else _counted_days(wanted)
    with store.read() as connection:
        return [DayOfCustomers(*row) for row in connection.execute(query)]


def organizations_begun(
    store: Store, wanted: ConflictFilter, since: datetime, until: datetime
) -> int:
    """How many organizations have a customer whose first Failure lies in the span."""
    begun = table.c.first_seen >= since, table.c.first_seen < until
    owners = select(table.c.organization_id).where(*customers(whoever(wanted)), *begun).distinct()
    query = select(func.count(owners.subquery().c.organization_id))
    with store.read() as connection:
        return int(connection.scalar(query) or 0)


def _since(wanted: ConflictFilter) -> list[ColumnElement[bool]]:
    return [] if wanted.since is None else [table.c.first_seen >= wanted.since]


def _kept_days(wanted: ConflictFilter) -> Select[Any]:
    days = kept.c
    terms: list[ColumnElement[bool]] = []
    if wanted.environments:
        terms.append(days.environment.in_(wanted.environments))
    if wanted.constraint is not None:
        terms.append(days.constraint_name == wanted.constraint)
    began, ended = func.sum(days.began), func.sum(days.ended)
    query = select(days.day, began, ended).where(*terms).group_by(days.day).order_by(days.day)
    return query.having((began > 0) | (ended > 0))


def _counted_days(wanted: ConflictFilter) -> Select[Any]:
    """The same from the Conflicts, as the triggers count them."""
    began_on, freed_on = (_day(at) for at in (table.c.first_seen, table.c.freed_at))
    mine = (*customers(whoever(wanted)), table.c.first_seen.is_not(None))
    both = union_all(
        select(began_on.label("day"), literal(1).label("began"), literal(0).label("ended")).where(
            *mine
        ),
        select(freed_on, literal(0), literal(1)).where(*mine, table.c.freed_at.is_not(None)),
    ).subquery()
    began, ended = func.sum(both.c.began), func.sum(both.c.ended)
    return select(both.c.day, began, ended).group_by(both.c.day).order_by(both.c.day)


def _day(moment: ColumnElement[datetime]) -> ColumnElement[datetime]:
    return type_coerce(micros(moment) - micros(moment) % _DAY, Moment())
