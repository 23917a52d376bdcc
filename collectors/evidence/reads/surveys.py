"""What every question about a Survey shares: what to count, and how the numbers were come by.

Every answer says how its numbers were come by, or is None: nothing was counted, which is not zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, Table, and_, case, select

from collectors import model
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


def surveyed(
    store: Store,
    topic: Topic,
    wanted: SurveyFilter,
    query: Select[Any],
    made: Callable[[Row[Any]], T],
) -> Surveyed[T] | None:
    """Each row as `made` makes it, with how they were counted."""
    how, rows = ask_survey(store, topic, wanted, query)
    return None if how is None else Surveyed(how, tuple(made(row) for row in rows))


def ask_survey(
    store: Store,
    topic: Topic,
    wanted: SurveyFilter,
    query: Select[Any],
) -> tuple[Counting | None, Sequence[Row[Any]]]:
    """The rows, and how they were counted: both of one state of the store.

    Of an organization, only those tables tell that know whose their rows are.
    """
    with store.read() as connection:
        how = _together(connection.execute(_told(topic, wanted)).all())
        return how, connection.execute(query).all()


def tables_counted(store: Store, topic: Topic, wanted: SurveyFilter) -> frozenset[tuple[str, str]]:
    """The (Target, label) of each table that answered; any other has no number, which is not 0."""
    with store.read() as connection:
        rows = connection.execute(_told(topic, wanted)).all()
    return frozenset((row.target, label_of(row)) for row in rows)


def _told(topic: Topic, wanted: SurveyFilter) -> Select[Any]:
    surveys = schema.surveys
    told = select(surveys).where(surveys.c.topic == topic, matching(surveys, wanted))
    return told if wanted.organization_id is None else told.where(surveys.c.by_organization)


def matching(table: Table, wanted: SurveyFilter) -> ColumnElement[bool]:
    """The Targets and the table that are asked about."""
    terms: list[ColumnElement[bool]] = [table.c.table_name != ""]
    if wanted.targets is not None:
        terms.append(table.c.target.in_(wanted.targets))
    if wanted.table is not None:
        outside = table.c.schema_name + "." + table.c.table_name
        label = case((table.c.schema_name == "public", table.c.table_name), else_=outside)
        terms.append(label == wanted.table)
    return and_(*terms)


def of_constraint(table: Table, wanted: SurveyFilter) -> ColumnElement[bool]:
    """The key that is asked about, else the line of any key."""
    return table.c.constraint_name == (wanted.constraint or "")


def in_period(table: Table, wanted: SurveyFilter) -> ColumnElement[bool]:
    """The days that are asked about."""
    terms: list[ColumnElement[bool]] = [table.c.table_name != ""]
    if wanted.since is not None:
        terms.append(table.c.day >= wanted.since)
    if wanted.until is not None:
        terms.append(table.c.day < wanted.until)
    return and_(*terms)


def label_of(row: Row[Any]) -> str:
    """As `Table.label` has it."""
    return model.label_of(row.schema_name, row.table_name)


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
