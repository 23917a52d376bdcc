"""How much of what the servers hold was read: shown where numbers are cut by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from collectors.evidence.database import Store
from collectors.evidence.schema import coverages as table
from collectors.model import Coverage


@dataclass(frozen=True, slots=True)
class MarkRow:
    """A source's Coverage of one project, as of `noted_at`."""

    source: str
    coverage: Coverage
    noted_at: datetime

    @property
    def cuts(self) -> bool:
        """Numbers are "at least": some Events are still to be read, or no longer to be had."""
        return not self.coverage.complete or self.coverage.missing > 0


def coverage_marks(store: Store) -> list[MarkRow]:
    """Every project of every source that was ever read as a backlog, by name."""
    query = select(table).order_by(table.c.source, table.c.project)
    with store.read() as connection:
        return [
            MarkRow(
                row.source,
                Coverage(row.project, row.read, row.total, row.covered_from, row.missing),
                row.noted_at,
            )
            for row in connection.execute(query)
        ]
