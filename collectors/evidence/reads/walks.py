"""What did the canary see, and when?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from collectors.evidence.database import Store
from collectors.evidence.schema import walks as table


@dataclass(frozen=True, slots=True)
class WalkRow:
    """One walk. `color` is green, red or grey; `steps` are as the canary said them."""

    environment: str
    started_at: datetime
    finished_at: datetime
    color: str
    steps: tuple[Mapping[str, Any], ...]


def list_walks(
    store: Store,
    environments: tuple[str, ...] = (),
    since: datetime | None = None,
    limit: int = 200,
) -> list[WalkRow]:
    """The newest `limit` walks of these environments (none: of any), newest first."""
    query = select(table).order_by(table.c.started_at.desc(), table.c.id.desc()).limit(limit)
    if environments:
        query = query.where(table.c.environment.in_(environments))
    if since is not None:
        query = query.where(table.c.started_at >= since)
    with store.read() as connection:
        return [
            WalkRow(row.environment, row.started_at, row.finished_at, row.color, tuple(row.steps))
            for row in connection.execute(query)
        ]
