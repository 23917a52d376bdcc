"""How far each source was read, and when each environment was last heard of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from collectors.evidence.database import Store
from collectors.evidence.reads.failures import known_environments
from collectors.evidence.schema import cursors, failures


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source, and when a page of it was last stored."""

    source: str
    read_at: datetime


@dataclass(frozen=True, slots=True)
class EnvironmentRow:
    """An environment, with its Target as of its newest Failure; None: it maps to none."""

    environment: str
    target: str | None
    newest: datetime


def read_sources(store: Store) -> list[SourceRow]:
    """Every source that has a Cursor, by name."""
    query = select(cursors.c.source, cursors.c.updated_at).order_by(cursors.c.source)
    with store.read() as connection:
        return [SourceRow(row.source, row.updated_at) for row in connection.execute(query)]


def heard_of(store: Store) -> list[EnvironmentRow]:
    """The newest Failure of each environment: one leap through an index for each."""
    found: list[EnvironmentRow] = []
    for environment in known_environments(store):
        own = failures.c.environment == environment
        newest = select(func.max(failures.c.occurred_at)).where(own).scalar_subquery()
        query = select(failures.c.target, failures.c.occurred_at).where(
            own, failures.c.occurred_at == newest
        )
        with store.read() as connection:
            row = connection.execute(query.limit(1)).one_or_none()
        if row is not None:
            found.append(EnvironmentRow(environment, row.target, row.occurred_at))
    return found
