"""Failures of environments that belong to no Target: stored, counted, judged against none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from collectors.evidence.database import Store
from collectors.evidence.schema import failures as table


@dataclass(frozen=True, slots=True)
class UnmappedRow:
    """An environment that had no Target when its Failures were last looked at."""

    environment: str
    failures: int
    last_seen: datetime


def unmapped_environments(store: Store) -> list[UnmappedRow]:
    """Each with how many Failures wait there, the most first."""
    count = func.count().label("waiting")
    newest = func.max(table.c.occurred_at).label("last_seen")
    query = select(table.c.environment, count, newest).where(table.c.target.is_(None))
    query = query.group_by(table.c.environment).order_by(count.desc(), table.c.environment)
    with store.read() as connection:
        return [
            UnmappedRow(row.environment, row.waiting, row.last_seen)
            for row in connection.execute(query)
        ]
