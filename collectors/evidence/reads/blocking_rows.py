"""Which rows of a Target block or blocked somebody?"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.reads.rows import row_ref
from collectors.model import OF_THIS_BUG


def blocking_rows(store: Store, target: str) -> dict[str, dict[str, datetime | None]]:
    """The rows that block or blocked somebody in a Target, by their table's label.

    Each with its deletion, the last that we saw it blocking by; None: not known.
    """
    table = schema.conflicts
    met = table.c.target == target, table.c.verdict.in_(OF_THIS_BUG)
    query = select(table.c.blocker).where(*met)
    found: defaultdict[str, dict[str, datetime | None]] = defaultdict(dict)
    with store.read() as connection:
        for blocker in filter(None, map(row_ref, connection.scalars(query))):
            known = found[blocker.table].get(blocker.id), blocker.deleted_at
            found[blocker.table][blocker.id] = max(filter(None, known), default=None)
    return {label: dict(sorted(rows.items())) for label, rows in found.items()}
