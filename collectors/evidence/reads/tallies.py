"""Small counts and lists over all Conflicts: for the top of Triage and its filters."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import distinct, func, select

from collectors.evidence.database import Store
from collectors.evidence.schema import conflicts as table
from collectors.model import Verdict

_BLOCKED = [verdict for verdict in Verdict if verdict.is_blocked]


def organizations_blocked(store: Store, environments: Sequence[str] = ()) -> int:
    """How many organizations have a Conflict that is blocked now; no environments means all."""
    query = select(func.count(distinct(table.c.organization_id)))
    query = query.where(table.c.verdict.in_(_BLOCKED))
    if environments:
        query = query.where(table.c.environment.in_(environments))
    with store.read() as connection:
        return int(connection.scalar(query) or 0)


def known_constraints(store: Store) -> list[str]:
    """The names of the unique keys that Conflicts are about, in alphabetical order."""
    with store.read() as connection:
        return sorted(connection.scalars(select(table.c.constraint_name).distinct()))
