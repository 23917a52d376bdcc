"""From a stored line back to the vocabulary: shared by the questions."""

from __future__ import annotations

from typing import Any

from collectors.evidence.schema import from_micros, to_micros
from collectors.model import RowRef


def row_ref(stored: dict[str, Any] | None) -> RowRef | None:
    """A RowRef from its JSON form."""
    if stored is None:
        return None
    deleted_at = stored["deleted_at"]
    moment = None if deleted_at is None else from_micros(deleted_at)
    return RowRef(stored["table"], stored["id"], moment)


def row_refs(stored: list[dict[str, Any]]) -> tuple[RowRef, ...]:
    """Several of them."""
    return tuple(ref for ref in map(row_ref, stored) if ref is not None)


def stored_ref(ref: RowRef | None) -> dict[str, Any] | None:
    """The JSON form of a RowRef, its time in microseconds."""
    if ref is None:
        return None
    deleted_at = None if ref.deleted_at is None else to_micros(ref.deleted_at)
    return {"table": ref.table, "id": ref.id, "deleted_at": deleted_at}
