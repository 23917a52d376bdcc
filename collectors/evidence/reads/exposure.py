"""Who is exposed: Tombstones that hold a key, in all, by key, and as it grew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, and_, desc, func, select

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.reads.surveys import (
    Surveyed,
    SurveyFilter,
    ask_survey,
    in_period,
    label_of,
    matching,
    of_constraint,
    surveyed,
)
from collectors.model import Counting, Topic


@dataclass(frozen=True, slots=True)
class KeyExposure:
    """Tombstones that hold a key, as counted `as_of`; not `exact`: estimated, or from a sample."""

    target: str
    table: str
    constraint: str
    tombstones: int
    as_of: datetime
    exact: bool


@dataclass(frozen=True, slots=True)
class ExposureTotal:
    """All Tombstones that hold a key somebody could ask for, each row once a table."""

    how: Counting
    tombstones: int


@dataclass(frozen=True, slots=True)
class ExposurePoint:
    """What a table's keys (or the one asked about) came to on a day that it was counted."""

    target: str
    table: str
    day: date
    tombstones: int


def exposure_total(store: Store, wanted: SurveyFilter) -> ExposureTotal | None:
    """The whole, an organization's, or a key's. Each table counts its rows once."""
    table = schema.exposures
    owned = table.c.organization_id == (wanted.organization_id or "")
    query = select(func.coalesce(func.sum(table.c.tombstones), 0))
    query = query.where(matching(table, wanted), of_constraint(table, wanted), owned)
    how, rows = ask_survey(store, Topic.EXPOSURE, wanted, query)
    return None if how is None else ExposureTotal(how, int(rows[0][0]))


def exposure_by_key(store: Store, wanted: SurveyFilter) -> Surveyed[KeyExposure] | None:
    """Every key that a Tombstone can hold against a create, most exposed first.

    Of an organization, too, for one of which no line is told holds none of what was counted by it.
    """
    table = schema.exposures
    query = _key_lines(wanted).where(matching(table, wanted))
    if wanted.constraint is not None:
        query = query.where(of_constraint(table, wanted))
    query = query.order_by(desc("tombstones"), table.c.table_name, table.c.constraint_name)
    return surveyed(store, Topic.EXPOSURE, wanted, query, _key_exposure)


def exposure_trend(store: Store, wanted: SurveyFilter) -> Surveyed[ExposurePoint] | None:
    """Each table's Exposure on every day it was counted, in order; a day between is as the last.

    An organization's past is not kept: None.
    """
    table = schema.exposure_days
    if wanted.organization_id is not None:
        return None
    query = select(table).where(matching(table, wanted), of_constraint(table, wanted))
    query = query.where(in_period(table, wanted)).order_by(table.c.day, table.c.table_name)
    return surveyed(store, Topic.EXPOSURE, wanted, query, _point)


def _key_lines(wanted: SurveyFilter) -> Select[Any]:
    """The whole's lines, or with one organization's numbers those of tables that tell whose."""
    table, surveys = schema.exposures, schema.surveys
    names = ("target", "schema_name", "table_name")
    counted = [surveys.c[name] == table.c[name] for name in names]
    counted.append(surveys.c.topic == Topic.EXPOSURE)
    exact = surveys.c.sampled.is_(None) & surveys.c.estimated.is_(False)
    kept = (*names, "constraint_name")
    columns = [*(table.c[name] for name in kept), surveys.c.as_of, exact.label("exact")]
    every = table.join(surveys, and_(*counted))
    if wanted.organization_id is None:
        query = select(*columns, table.c.tombstones).select_from(every)
    else:
        own = table.alias()
        mine = [own.c[name] == table.c[name] for name in (*names, "constraint_name")]
        mine.append(own.c.organization_id == wanted.organization_id)
        many = func.coalesce(own.c.tombstones, 0).label("tombstones")
        query = select(*columns, many).where(surveys.c.by_organization)
        query = query.select_from(every.outerjoin(own, and_(*mine)))
    return query.where(table.c.organization_id == "", table.c.constraint_name != "")


def _key_exposure(row: Row[Any]) -> KeyExposure:
    return KeyExposure(
        row.target,
        label_of(row),
        row.constraint_name,
        row.tombstones,
        row.as_of,
        row.exact,
    )


def _point(row: Row[Any]) -> ExposurePoint:
    return ExposurePoint(row.target, label_of(row), row.day.date(), row.tombstones)
