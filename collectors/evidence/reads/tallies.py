"""Small counts and lists over everything: for the top of Triage and the filter bar."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import distinct, func, select

from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import ConflictFilter, conditions_of
from collectors.evidence.schema import conflicts as table
from collectors.evidence.schema import failure_days
from collectors.model import BLOCKED_VERDICTS


def organizations_blocked(store: Store, wanted: ConflictFilter) -> int:
    """How many organizations have such a Conflict that is blocked now."""
    blocked = replace(wanted, verdicts=BLOCKED_VERDICTS)
    query = select(func.count(distinct(table.c.organization_id))).where(*conditions_of(blocked))
    with store.read() as connection:
        return int(connection.scalar(query) or 0)


def known_constraints(store: Store) -> list[str]:
    """The names of the unique keys that Failures are about, in alphabetical order."""
    column = failure_days.c.constraint_name
    query = select(column).where(column != "").distinct().order_by(column)
    with store.read() as connection:
        return list(connection.scalars(query))


def known_releases(store: Store) -> list[str]:
    """The releases that Failures happened in, the one that failed most recently first."""
    column = failure_days.c.release
    query = select(column).where(column != "", failure_days.c.failures > 0).group_by(column)
    with store.read() as connection:
        newest_first = query.order_by(func.max(failure_days.c.day).desc(), column.desc())
        return list(connection.scalars(newest_first))
