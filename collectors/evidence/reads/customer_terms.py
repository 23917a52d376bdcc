"""What makes a Conflict a customer, and how it ended for them: as SQL.

Made of the columns of `ix_conflicts_customers`, so that counting reads no whole line.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    false,
    func,
    not_,
    or_,
    type_coerce,
)

from collectors.evidence.reads.conflicts import ConflictFilter, conditions_of
from collectors.evidence.schema import conflicts as table
from collectors.model.customers import Outcome

BLOCKED = table.c.outcome == 0
GOT_THROUGH, GAVE_UP, NOT_KNOWN = (table.c.outcome == place for place in (1, 2, 3))


def customers(wanted: ConflictFilter) -> list[ColumnElement[bool]]:
    """Conflicts that match and are or were blocked; one that was only looked up has no Failure."""
    return [*conditions_of(wanted), table.c.outcome.is_not(None)]


def whoever(wanted: ConflictFilter) -> ConflictFilter:
    """The same without its period, which bounds the newest Failure."""
    return replace(wanted, since=None)


def ended(quiet_since: datetime | None) -> dict[Outcome, ColumnElement[bool]]:
    """How it ended; whoever is blocked and has not tried since `quiet_since` has given up."""
    quiet = false() if quiet_since is None else table.c.last_seen <= quiet_since
    hit = table.c.last_seen.is_not(None)
    return {
        Outcome.GOT_THROUGH: and_(GOT_THROUGH, hit),
        Outcome.GAVE_UP: or_(GAVE_UP, and_(BLOCKED, quiet)),
        Outcome.TOO_EARLY: and_(BLOCKED, hit, not_(quiet)),
        Outcome.NOT_KNOWN: NOT_KNOWN,
    }


def how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """The lines for which it holds."""
    return func.coalesce(func.sum(type_coerce(condition, Integer)), 0)


def micros(moment: ColumnElement[Any]) -> ColumnElement[int]:
    """The moment as it is stored."""
    return type_coerce(moment, Integer)
