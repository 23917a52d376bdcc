"""How many creates there were, and how many Re-creations succeeded, by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, func, select

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.reads.surveys import (
    Surveyed,
    SurveyFilter,
    in_period,
    label_of,
    matching,
    of_constraint,
    surveyed,
)
from collectors.model import Topic


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One table's number of one UTC day. A covered day without a line counts zero."""

    target: str
    table: str
    day: date
    count: int


@dataclass(frozen=True, slots=True)
class KeyDay:
    """One key's Re-creations of one UTC day that succeeded."""

    target: str
    table: str
    constraint: str
    day: date
    count: int


def creates_by_day(store: Store, wanted: SurveyFilter) -> Surveyed[CountedDay] | None:
    """Rows created, by table and day, of every organization or the one asked about."""
    return _days(store, Topic.CREATES, schema.create_days, wanted)


def recreations_by_day(store: Store, wanted: SurveyFilter) -> Surveyed[CountedDay] | None:
    """Re-creations that succeeded, by table and day; a customer counts once a day."""
    return _days(store, Topic.RECREATIONS, schema.recreation_days, wanted)


def recreations_by_key(store: Store, wanted: SurveyFilter) -> Surveyed[KeyDay] | None:
    """The same by key, of every key or the one asked about."""
    table, counted = _day_table(wanted, schema.recreation_days)
    named = (table.c.target, table.c.schema_name, table.c.table_name, table.c.constraint_name)
    query = select(*named, table.c.day, func.sum(counted).label("counted"))
    query = query.where(table.c.constraint_name != "", *_of_days(table, Topic.RECREATIONS, wanted))
    if wanted.constraint is not None:
        query = query.where(of_constraint(table, wanted))
    query = query.group_by(*named, table.c.day).order_by(table.c.day, *named)
    return surveyed(store, Topic.RECREATIONS, wanted, query, _key_day)


def _days(
    store: Store, topic: Topic, by_organization: Table, wanted: SurveyFilter
) -> Surveyed[CountedDay] | None:
    table, counted = _day_table(wanted, by_organization)
    named = (table.c.target, table.c.schema_name, table.c.table_name, table.c.day)
    query = select(*named, func.sum(counted).label("counted"))
    query = query.where(*_of_days(table, topic, wanted))
    if topic is Topic.RECREATIONS:
        query = query.where(of_constraint(table, wanted))
    query = query.group_by(*named).order_by(table.c.day, table.c.schema_name, table.c.table_name)
    return surveyed(store, topic, wanted, query, _counted_day)


def _day_table(wanted: SurveyFilter, by_organization: Table) -> tuple[Table, ColumnElement[int]]:
    """Where the days are, and which column is the number: the whole is kept apart, for it is few.

    The number is the last column of both.
    """
    whole = wanted.organization_id is None
    table = schema.counted_days if whole else by_organization
    return table, list(table.c)[-1]


def _of_days(table: Table, topic: Topic, wanted: SurveyFilter) -> list[ColumnElement[bool]]:
    terms = [matching(table, wanted), in_period(table, wanted)]
    if table is schema.counted_days:
        terms.append(table.c.topic == topic)
    elif wanted.organization_id is not None:
        terms.append(table.c.organization_id == wanted.organization_id)
    return terms


def _key_day(row: Row[Any]) -> KeyDay:
    return KeyDay(row.target, label_of(row), row.constraint_name, row.day.date(), int(row.counted))


def _counted_day(row: Row[Any]) -> CountedDay:
    return CountedDay(row.target, label_of(row), row.day.date(), int(row.counted))
