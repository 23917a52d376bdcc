"""What did deletions leave behind, and which Invariants are broken? As last asked, and by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, case, func, select

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.reads.surveys import label_of
from collectors.model import (
    CheckedInvariant,
    Invariant,
    InvariantState,
    Leftover,
    LeftoverKind,
    LeftoverSample,
    Severity,
    Topic,
)


@dataclass(frozen=True, slots=True)
class LeftoverRow:
    """One place as stored: what the deletions of `of` left there. Values are masks."""

    target: str
    of: str
    leftover: Leftover
    as_of: datetime


@dataclass(frozen=True, slots=True)
class LeftoverDay:
    """How many rows a place had when it was last counted on a day."""

    day: date
    target: str
    kind: LeftoverKind
    place: str
    rows: int


@dataclass(frozen=True, slots=True)
class InvariantDay:
    """How many rows broke an Invariant when it was last asked on a day."""

    day: date
    target: str
    name: str
    rows: int


def list_leftovers(
    store: Store, targets: Sequence[str] | None = None, constraint: str | None = None
) -> list[LeftoverRow] | None:
    """Everywhere that something was left or could not be counted, oldest first.

    None where no Target was ever asked. `constraint` keeps that key, and no foreign key.
    """
    table, surveys = schema.leftovers, schema.surveys
    asked = select(func.count()).where(surveys.c.topic == Topic.LEFTOVERS)
    order = (table.c.oldest.is_(None), table.c.oldest, table.c.rows.desc(), table.c.name)
    query = select(table).where(table.c.rows.is_(None) | (table.c.rows > 0)).order_by(*order)
    if targets is not None:
        asked = asked.where(surveys.c.target.in_(targets))
        query = query.where(table.c.target.in_(targets))
    if constraint is not None:
        query = query.where(table.c.name == constraint)
    with store.read() as connection:
        if not connection.scalar(asked):
            return None
        return [_leftover(row) for row in connection.execute(query)]


def leftover_notes(store: Store, targets: Sequence[str] | None = None) -> list[str]:
    """What the counts leave out, in sentences."""
    surveys = schema.surveys.c
    query = select(surveys.notes).where(surveys.topic == Topic.LEFTOVERS)
    if targets is not None:
        query = query.where(surveys.target.in_(targets))
    with store.read() as connection:
        return sorted({note for notes in connection.scalars(query) for note in notes})


def leftover_trend(
    store: Store,
    targets: Sequence[str] | None = None,
    since: datetime | None = None,
    constraint: str | None = None,
) -> list[LeftoverDay]:
    """Every place on every day that it was counted, in order of days; of any key or of one."""
    table = schema.leftover_days
    query = select(table).order_by(table.c.day)
    if targets is not None:
        query = query.where(table.c.target.in_(targets))
    if since is not None:
        query = query.where(table.c.day >= since)
    if constraint is not None:
        query = query.where(table.c.name == constraint)
    with store.read() as connection:
        return [
            LeftoverDay(
                row.day.date(),
                row.target,
                LeftoverKind(row.kind),
                f"{label_of(row)}/{row.row_table}/{row.name}",
                row.rows,
            )
            for row in connection.execute(query)
        ]


def list_invariants(
    store: Store, targets: Sequence[str] | None = None, about: str | None = None
) -> list[CheckedInvariant]:
    """Broken ones first, worst first; `about` keeps those that list rows of that table."""
    table = schema.invariants
    states = case({state: n for n, state in enumerate(InvariantState)}, value=table.c.state)
    severities = case({one: n for n, one in enumerate(Severity)}, value=table.c.severity)
    query = select(table).order_by(states, severities, table.c.rows.desc(), table.c.title)
    if targets is not None:
        query = query.where(table.c.target.in_(targets))
    if about is not None:
        query = query.where(table.c.about == about)
    with store.read() as connection:
        return [_checked(row) for row in connection.execute(query)]


def invariant_trend(
    store: Store, targets: Sequence[str] | None = None, since: datetime | None = None
) -> list[InvariantDay]:
    """Those that there are now, on every day that they could be asked, in order of days."""
    table, now = schema.invariant_days, schema.invariants
    still = (now.c.target == table.c.target) & (now.c.name == table.c.name)
    query = select(table).join(now, still).order_by(table.c.day)
    if targets is not None:
        query = query.where(table.c.target.in_(targets))
    if since is not None:
        query = query.where(table.c.day >= since)
    with store.read() as connection:
        return [
            InvariantDay(row.day.date(), row.target, row.name, row.rows)
            for row in connection.execute(query)
        ]


def _leftover(row: Row[Any]) -> LeftoverRow:
    found = Leftover(
        kind=LeftoverKind(row.kind),
        table=row.row_table,
        name=row.name,
        rows=row.rows,
        oldest=row.oldest,
        growth=tuple((date.fromisoformat(day), rows) for day, rows in row.growth),
        samples=_samples(row),
        sampled=row.sampled,
        said=row.said,
    )
    return LeftoverRow(row.target, label_of(row), found, row.as_of)


def _checked(row: Row[Any]) -> CheckedInvariant:
    return CheckedInvariant(
        invariant=Invariant(
            row.name, row.title, row.reason, Severity(row.severity), row.about, row.sql
        ),
        target=row.target,
        as_of=row.as_of,
        state=InvariantState(row.state),
        rows=row.rows,
        oldest=row.oldest,
        samples=_samples(row),
        said=row.said,
    )


def _samples(row: Row[Any]) -> tuple[LeftoverSample, ...]:
    return tuple(
        LeftoverSample(
            one["id"],
            datetime.fromisoformat(one["since"]) if one["since"] else None,
            tuple(one["values"]),
        )
        for one in row.samples
    )
