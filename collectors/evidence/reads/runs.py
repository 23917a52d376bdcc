"""When did we look last, and what could not be asked then?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from collectors.evidence.database import Store
from collectors.evidence.schema import runs as table


@dataclass(frozen=True, slots=True)
class RunRow:
    """One Run. `finished_at` is None while it goes on, and for ever if it was killed."""

    started_at: datetime
    finished_at: datetime | None
    read: int
    stored: int
    unreachable: tuple[str, ...]
    notes: tuple[str, ...]


def last_run(store: Store) -> RunRow | None:
    """The newest Run, None before the first."""
    return next(iter(recent_runs(store, 1)), None)


def recent_runs(store: Store, limit: int) -> list[RunRow]:
    """The newest Runs first."""
    with store.read() as connection:
        rows = connection.execute(select(table).order_by(table.c.id.desc()).limit(limit))
        return [
            RunRow(
                row.started_at,
                row.finished_at,
                row.read,
                row.stored,
                tuple(row.unreachable),
                tuple(row.notes),
            )
            for row in rows
        ]
