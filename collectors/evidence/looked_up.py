"""A Conflict that no Failure has shown yet: somebody asked, and a Tombstone held the key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.lines import Judged, conflict_line, fingerprint_lines
from collectors.evidence.writing import insert_new, next_generation

_CONFLICT = schema.conflicts.c


def open_conflict(store: Store, judged: Judged) -> str:
    """Its id; one that is there already stays as it is. `judged` has a key and all its values."""
    conflict_id = judged.conflict_id
    assert conflict_id is not None
    line = conflict_line(store.vault, judged)
    change = {name: line[name] for name in ("verdict", "confidence", "reasons")}
    with store.write() as connection:
        if connection.scalar(select(_CONFLICT.id).where(_CONFLICT.id == conflict_id)) is None:
            connection.execute(schema.conflicts.insert(), line)
            history = {"conflict_id": conflict_id, "at": line["asked_at"], **change}
            connection.execute(schema.verdict_history.insert(), history)
            values = list(fingerprint_lines(store.vault, {conflict_id: judged}))
            insert_new(connection, schema.fingerprints, values)
            next_generation(connection)
    return conflict_id


def last_asked(store: Store, target: str) -> datetime | None:
    """When a look at this Target last told us anything of a Conflict."""
    query = select(func.max(_CONFLICT.asked_at)).where(_CONFLICT.target == target)
    with store.read() as connection:
        found: datetime | None = connection.scalar(query)
    return found
