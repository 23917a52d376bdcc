"""Whom did it hurt? Customers, organizations, how often they tried, and how it ended for them.

A customer is an organization's key that a deleted row, or a leftover of one, holds or held: a
Conflict that is or was blocked. Sentry's user is somebody else, the organization's own developer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, case, func, select

from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import ConflictFilter
from collectors.evidence.reads.customer_terms import (
    BLOCKED,
    customers,
    ended,
    how_many,
)
from collectors.evidence.reads.organizations import agreed, names_of
from collectors.evidence.schema import conflicts as table
from collectors.model.customers import TRIES, Outcome

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OrganizationHit:
    """One organization (None: not known); `blocked_since` is the longest that is blocked now.

    `blocked` counts those that were only looked up, too; all else rests on Failures.
    """

    organization_id: str | None
    name: str | None
    blocked: int
    hit: int
    attempts: int
    blocked_since: datetime | None
    got_through: int
    gave_up: int


@dataclass(frozen=True, slots=True)
class Hurt:
    """All customers who were `hit`, by outcome and by how often they failed.

    `organizations` have such a customer and are known; of all, `listed` are those with the most
    blocked customers, these first.
    """

    hit: int
    organizations: int
    outcomes: dict[Outcome, int]
    tried: dict[int, int]
    listed: tuple[OrganizationHit, ...]


def hurt(store: Store, wanted: ConflictFilter, quiet_since: datetime | None, listed: int) -> Hurt:
    """Who was hit. Since `quiet_since`, SILENCE has passed; None: nobody listened for so long."""
    with store.read() as connection:
        rows = connection.execute(_by_organization(wanted, quiet_since)).all()
    rows = sorted(rows, key=_hurt_most)
    ids = [row.organization_id for row in rows[:listed] if row.organization_id is not None]
    called = agreed(names_of(store, ids))
    told = [row.organization_id is not None and row.hit > 0 for row in rows]
    return Hurt(
        hit=sum(row.hit for row in rows),
        organizations=sum(told),
        outcomes=_summed(rows, {one: one.value for one in Outcome}),
        tried=_summed(rows, {least: f"tried_{least}" for least in TRIES}),
        listed=tuple(_organization(row, called) for row in rows[:listed]),
    )


def _by_organization(wanted: ConflictFilter, quiet_since: datetime | None) -> Select[Any]:
    """One pass over the index, in its order."""
    counted: dict[str, ColumnElement[Any]] = {
        "blocked": how_many(BLOCKED),
        "hit": func.count(table.c.last_seen),
        "attempts": func.sum(table.c.failures),
        "blocked_since": func.min(case((BLOCKED, table.c.first_seen))),
        **{one.value: how_many(condition) for one, condition in ended(quiet_since).items()},
        **{f"tried_{least}": how_many(table.c.tries == least) for least in TRIES},
    }
    labelled = [term.label(name) for name, term in counted.items()]
    query = select(table.c.organization_id, *labelled).where(*customers(wanted))
    return query.group_by(table.c.organization_id)


def _hurt_most(row: Any) -> tuple[int, int, int, str]:
    return -row.blocked, -row.hit, -row.attempts, row.organization_id or ""


def _summed(rows: Sequence[Any], names: Mapping[T, str]) -> dict[T, int]:
    return {key: sum(getattr(row, name) for row in rows) for key, name in names.items()}


def _organization(row: Any, called: Mapping[str, str]) -> OrganizationHit:
    return OrganizationHit(
        row.organization_id,
        called.get(row.organization_id),
        row.blocked,
        row.hit,
        row.attempts,
        row.blocked_since,
        row.got_through,
        row.gave_up,
    )
