"""Which keys did Tombstone release itself? Their values may be nowhere in the Target any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from collectors.evidence.database import Store
from collectors.evidence.schema import conflicts as table
from collectors.model import KeyValues


@dataclass(frozen=True, slots=True)
class Release:
    """A key that one of our Remedies freed, and since when a create could have it again."""

    schema: str
    table: str
    constraint: str
    values: KeyValues
    released_at: datetime


def releases(store: Store, target: str) -> list[Release]:
    """A Target's released keys, as long as their values are kept."""
    query = select(table).where(
        table.c.target == target, table.c.released_at.is_not(None), table.c.sealed.is_not(None)
    )
    with store.read() as connection:
        return [
            Release(
                row.schema_name,
                row.table_name,
                row.constraint_name,
                tuple(store.vault.open(row.sealed)),
                row.released_at,
            )
            for row in connection.execute(query)
        ]
