"""Who is exposed, how many creates there were, how many Re-creations succeeded?

Every answer says how its numbers were come by, or is None: nothing was counted, which is not zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, Table, and_, case, func, select

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.model import Counting, Topic

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SurveyFilter:
    """What to count; None means "any", an empty `targets` means none.

    targets     what `Settings.target_of` says of the environments that are asked about
    table       its label: `customers`, `billing.invoices`
    since/until bound the days, of which `until` is the first that is left out
    """

    targets: tuple[str, ...] | None = None
    organization_id: str | None = None
    table: str | None = None
    constraint: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Surveyed(Generic[T]):
    """Numbers with how they were come by: the least exact and least fresh of what is in them."""

    how: Counting
    rows: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class KeyExposure:
    """Tombstones that hold one key. `askable` is false for values that nobody can ask for again."""

    target: str
    table: str
    constraint: str
    tombstones: int
    oldest: datetime | None
    askable: bool


@dataclass(frozen=True, slots=True)
class OrganizationExposure:
    """Tombstones of one organization; `name` is None where it is not known."""

    target: str
    organization_id: str
    name: str | None
    tombstones: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class ExposureTotal:
    """All Tombstones that hold a key somebody could ask for, each row once a table."""

    how: Counting
    tombstones: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class ExposurePoint:
    """What a table's keys (or the one asked about) came to on a day that it was counted."""

    target: str
    table: str
    day: date
    tombstones: int


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One table's number of one UTC day. A covered day without a line counts zero."""

    target: str
    table: str
    day: date
    count: int


def exposure_total(store: Store, wanted: SurveyFilter | None = None) -> ExposureTotal | None:
    """The whole, an organization's, or a key's. Each table counts its rows once."""
    wanted = wanted or SurveyFilter()
    table = schema.exposures
    total, oldest = func.sum(table.c.tombstones), func.min(table.c.oldest)
    query = select(total.label("tombstones"), oldest.label("oldest"))
    query = query.where(_matching(table, wanted), _constraint(table, wanted), _owner(wanted))
    how, rows = _ask(store, Topic.EXPOSURE, wanted, query)
    return None if how is None else ExposureTotal(how, int(rows[0].tombstones or 0), rows[0].oldest)


def exposure_by_key(
    store: Store, wanted: SurveyFilter | None = None
) -> Surveyed[KeyExposure] | None:
    """Every key that a Tombstone can hold against a create, most exposed first."""
    wanted = wanted or SurveyFilter()
    table = schema.exposures
    query = select(table).where(_matching(table, wanted), _owner(wanted))
    query = query.where(table.c.constraint_name != "")
    if wanted.constraint is not None:
        query = query.where(_constraint(table, wanted))
    query = query.order_by(table.c.tombstones.desc(), table.c.table_name, table.c.constraint_name)
    return _surveyed(store, Topic.EXPOSURE, wanted, query, _key_exposure)


def exposure_by_organization(
    store: Store, wanted: SurveyFilter | None = None, *, limit: int | None = 20
) -> Surveyed[OrganizationExposure] | None:
    """The most exposed organizations; empty where no table's organization is known."""
    wanted = wanted or SurveyFilter()
    table, named = schema.exposures, schema.organizations
    total = func.sum(table.c.tombstones)
    same = (named.c.target == table.c.target) & (named.c.organization_id == table.c.organization_id)
    query = (
        select(
            table.c.target,
            table.c.organization_id,
            func.min(named.c.name).label("name"),
            total.label("tombstones"),
            func.min(table.c.oldest).label("oldest"),
        )
        .select_from(table.outerjoin(named, same))
        .where(_matching(table, wanted), _constraint(table, wanted))
        .where(table.c.organization_id != "", table.c.tombstones > 0)
        .group_by(table.c.target, table.c.organization_id)
        .order_by(total.desc(), table.c.organization_id)
        .limit(limit)
    )
    if wanted.organization_id is not None:
        query = query.where(table.c.organization_id == wanted.organization_id)
    return _surveyed(
        store, Topic.EXPOSURE, wanted, query, _organization_exposure, by_organization=True
    )


def exposure_trend(
    store: Store, wanted: SurveyFilter | None = None
) -> Surveyed[ExposurePoint] | None:
    """Each table's Exposure on every day it was counted, in order; a day between is as the last.

    An organization's past is not kept: None.
    """
    wanted = wanted or SurveyFilter()
    table = schema.exposure_days
    if wanted.organization_id is not None:
        return None
    query = select(table).where(_matching(table, wanted), _constraint(table, wanted))
    query = query.where(_period(table, wanted)).order_by(table.c.day, table.c.table_name)
    return _surveyed(store, Topic.EXPOSURE, wanted, query, _point)


def creates_by_day(store: Store, wanted: SurveyFilter | None = None) -> Surveyed[CountedDay] | None:
    """Rows created, by table and day, of every organization or the one asked about."""
    wanted = wanted or SurveyFilter()
    return _days(store, Topic.CREATES, schema.create_days, wanted)


def recreations_by_day(
    store: Store, wanted: SurveyFilter | None = None
) -> Surveyed[CountedDay] | None:
    """Re-creations that succeeded, by table and day; a customer counts once a day."""
    wanted = wanted or SurveyFilter()
    return _days(store, Topic.RECREATIONS, schema.recreation_days, wanted)


@dataclass(frozen=True, slots=True)
class KeyDay:
    """One key's Re-creations of one UTC day that succeeded."""

    target: str
    table: str
    constraint: str
    day: date
    count: int


def recreations_by_key(store: Store, wanted: SurveyFilter | None = None) -> Surveyed[KeyDay] | None:
    """The same by key, of every key or the one asked about."""
    wanted = wanted or SurveyFilter()
    table, counted = _day_table(wanted, schema.recreation_days)
    named = (table.c.target, table.c.schema_name, table.c.table_name, table.c.constraint_name)
    query = select(*named, table.c.day, func.sum(counted).label("counted"))
    query = query.where(table.c.constraint_name != "", *_of_days(table, Topic.RECREATIONS, wanted))
    if wanted.constraint is not None:
        query = query.where(_constraint(table, wanted))
    query = query.group_by(*named, table.c.day).order_by(table.c.day, *named)
    return _surveyed(store, Topic.RECREATIONS, wanted, query, _key_day)


def _days(
    store: Store, topic: Topic, by_organization: Table, wanted: SurveyFilter
) -> Surveyed[CountedDay] | None:
    table, counted = _day_table(wanted, by_organization)
    named = (table.c.target, table.c.schema_name, table.c.table_name, table.c.day)
    query = select(*named, func.sum(counted).label("counted"))
    query = query.where(*_of_days(table, topic, wanted))
    if topic is Topic.RECREATIONS:
        query = query.where(_constraint(table, wanted))
    query = query.group_by(*named).order_by(table.c.day, table.c.schema_name, table.c.table_name)
    return _surveyed(store, topic, wanted, query, _counted_day)


def _day_table(wanted: SurveyFilter, by_organization: Table) -> tuple[Table, ColumnElement[int]]:
    """Where the days are, and which column is the number: the whole is kept apart, for it is few.

    The number is the last column of both.
    """
    whole = wanted.organization_id is None
    table = schema.counted_days if whole else by_organization
    return table, list(table.c)[-1]


def _of_days(table: Table, topic: Topic, wanted: SurveyFilter) -> list[ColumnElement[bool]]:
    terms = [_matching(table, wanted), _period(table, wanted)]
    if table is schema.counted_days:
        terms.append(table.c.topic == topic)
    elif wanted.organization_id is not None:
        terms.append(table.c.organization_id == wanted.organization_id)
    return terms


def _surveyed(
    store: Store,
    topic: Topic,
    wanted: SurveyFilter,
    query: Select[Any],
    made: Callable[[Row[Any]], T],
    *,
    by_organization: bool = False,
) -> Surveyed[T] | None:
    how, rows = _ask(store, topic, wanted, query, by_organization=by_organization)
    return None if how is None else Surveyed(how, tuple(made(row) for row in rows))


def _ask(
    store: Store,
    topic: Topic,
    wanted: SurveyFilter,
    query: Select[Any],
    *,
    by_organization: bool = False,
) -> tuple[Counting | None, Sequence[Row[Any]]]:
    """The rows, and how they were counted: both of one state of the store.

    Of an organization, only those tables tell that know whose their rows are.
    """
    surveys = schema.surveys
    told = select(surveys).where(surveys.c.topic == topic, _matching(surveys, wanted))
    if by_organization or wanted.organization_id is not None:
        told = told.where(surveys.c.by_organization)
    with store.read() as connection:
        how = _together(connection.execute(told).all())
        return how, connection.execute(query).all()


def _together(lines: Sequence[Row[Any]]) -> Counting | None:
    """The least exact of them, as of the oldest, covering what all of them cover."""
    if not lines:
        return None
    covered = [line.covers_from for line in lines if line.covers_from is not None]
    shares = [line.sampled for line in lines if line.sampled is not None]
    return Counting(
        as_of=min(line.as_of for line in lines),
        covers_from=max(covered, default=None),
        sampled=min(shares, default=None),
        estimated=any(line.estimated for line in lines),
        by_organization=all(line.by_organization for line in lines),
        notes=tuple(dict.fromkeys(note for line in lines for note in line.notes)),
    )


def _matching(table: Table, wanted: SurveyFilter) -> ColumnElement[bool]:
    terms: list[ColumnElement[bool]] = [table.c.table_name != ""]
    if wanted.targets is not None:
        terms.append(table.c.target.in_(wanted.targets))
    if wanted.table is not None:
        outside = table.c.schema_name + "." + table.c.table_name
        label = case((table.c.schema_name == "public", table.c.table_name), else_=outside)
        terms.append(label == wanted.table)
    return and_(*terms)


def _constraint(table: Table, wanted: SurveyFilter) -> ColumnElement[bool]:
    return table.c.constraint_name == (wanted.constraint or "")


def _owner(wanted: SurveyFilter) -> ColumnElement[bool]:
    return schema.exposures.c.organization_id == (wanted.organization_id or "")


def _period(table: Table, wanted: SurveyFilter) -> ColumnElement[bool]:
    terms: list[ColumnElement[bool]] = [table.c.table_name != ""]
    if wanted.since is not None:
        terms.append(table.c.day >= wanted.since)
    if wanted.until is not None:
        terms.append(table.c.day < wanted.until)
    return and_(*terms)


def label_of(row: Row[Any]) -> str:
    """As `Table.label` has it."""
    name: str = row.table_name
    return name if row.schema_name == "public" else f"{row.schema_name}.{name}"


def _key_exposure(row: Row[Any]) -> KeyExposure:
    return KeyExposure(
        row.target, label_of(row), row.constraint_name, row.tombstones, row.oldest, row.askable
    )


def _organization_exposure(row: Row[Any]) -> OrganizationExposure:
    return OrganizationExposure(
        row.target, row.organization_id, row.name, int(row.tombstones), row.oldest
    )


def _point(row: Row[Any]) -> ExposurePoint:
    return ExposurePoint(row.target, label_of(row), row.day.date(), row.tombstones)


def _key_day(row: Row[Any]) -> KeyDay:
    return KeyDay(row.target, label_of(row), row.constraint_name, row.day.date(), int(row.counted))


def _counted_day(row: Row[Any]) -> CountedDay:
    return CountedDay(row.target, label_of(row), row.day.date(), int(row.counted))
