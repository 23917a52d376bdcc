"""What did the canary see, and when?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from collectors.evidence.database import Store
from collectors.evidence.schema import walks as table


@dataclass(frozen=True, slots=True)
class WalkRow:
    """One walk. `color` is green, red or grey; `steps` are as the canary said them."""

    environment: str
    finished_at: datetime
    color: str
    steps: tuple[Mapping[str, Any], ...]


def list_walks(
    store: Store,
    environments: tuple[str, ...] = (),
    since: datetime | None = None,
    each: int = 1,
) -> list[WalkRow]:
    """The newest of each of these environments (none: of every one), newest first.

    So many of `each`: where one is walked every minute, another's last walk is not lost among them.
    """
    newest = (table.c.started_at.desc(), table.c.id.desc())
    place = func.row_number().over(partition_by=table.c.environment, order_by=newest)
    numbered = select(table.c.id, place.label("place"))
    if environments:
        numbered = numbered.where(table.c.environment.in_(environments))
    if since is not None:
        numbered = numbered.where(table.c.started_at >= since)
    kept = numbered.subquery()
    query = select(table).join(kept, kept.c.id == table.c.id).where(kept.c.place <= each)
    with store.read() as connection:
        return [
            WalkRow(row.environment, row.finished_at, row.color, tuple(row.steps))
            for row in connection.execute(query.order_by(*newest))
        ]
