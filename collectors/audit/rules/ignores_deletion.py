"""The class itself: a unique key over all rows, on a table that deletes softly."""

from __future__ import annotations

from collectors.audit.case import KeyCase, Ruling
from collectors.model import Blocks


def ignores_deletion(case: KeyCase) -> Ruling | None:
    """Point at a key that a soft-deleted row goes on holding."""
    if case.key.blocks is not Blocks.CREATE:
        return None
    marker = case.table.marker
    assert marker is not None
    reason = (
        f"Rows with {marker.deleted} still hold this key: after delete, a create with the same "
        "values fails."
    )
    return Ruling(reason)
