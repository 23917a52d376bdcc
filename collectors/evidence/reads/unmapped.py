"""Environments that belong to no Target, or no more to the one that was asked for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text

from collectors.evidence.database import Store
from collectors.evidence.schema import conflicts
from collectors.evidence.schema import failures as table
from collectors.evidence.schema.collected import BLOCKED


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


@dataclass(frozen=True, slots=True)
class RemappedRow:
    """Blocked Conflicts of an environment, and the Target that they were found in."""

    environment: str
    target: str
    conflicts: int

    def sentence(self, target: str | None) -> str:
        """What is to be known where that environment's Events are judged against `target` now."""
        now = "no Target" if target is None else f"Target {target}"
        return (
            f"Blocked Conflicts of environment {self.environment} that were found in Target "
            f"{self.target}: {self.conflicts:,}. They stay there; its new Events are judged "
            f"against {now}."
        )


def blocked_by_target(store: Store) -> list[RemappedRow]:
    """How many Conflicts block somebody, by environment and Target."""
    of, count = conflicts.c, func.count().label("blocked")
    query = select(of.environment, of.target, count).where(text(f"conflicts.{BLOCKED}"))
    query = query.group_by(of.environment, of.target).order_by(of.environment, of.target)
    with store.read() as connection:
        return [
            RemappedRow(row.environment, row.target, row.blocked)
            for row in connection.execute(query)
        ]
