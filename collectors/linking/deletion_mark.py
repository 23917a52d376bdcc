"""What a printed key says of its Holder: live, or deleted?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from collectors.model import KeyPart, KeyValues, MarkerKind, SoftDeleteMarker, Table, UniqueKey

_LITERAL = re.compile(r"'([^']*)'")
_NUMBER = re.compile(r" = (-?\d+)$")


def holder_was_live(asked: UniqueKey, readings: Sequence[KeyValues], table: Table) -> bool | None:
    """What the mark of deletion in the printed key says; None unless every reading agrees.

    In a key with NULLS NOT DISTINCT a `null` in the place of `deleted_at` proves a live Holder,
    whatever Tombstones have the same values besides.
    """
    marker = table.marker
    if marker is None:
        return None
    said = {
        _says_live(marker, part, value)
        for values in readings
        for part, value in zip(asked.parts, values, strict=True)
        if part.columns == (marker.column,)
    }
    return said.pop() if len(said) == 1 else None


def _says_live(marker: SoftDeleteMarker, part: KeyPart, value: str | None) -> bool | None:
    """By the marker's own column, or by a plain condition on it: `(deleted_at IS NULL)`."""
    if part.is_column:
        return _prints_live(marker, value)
    condition = part.expression.strip("()")
    if marker.live == "NULL" and condition == f"{marker.column} IS NULL":
        return value in ("t", "true")
    return value in ("f", "false") if condition == marker.deleted else None


def _prints_live(marker: SoftDeleteMarker, value: str | None) -> bool:
    """Whether a row whose marker is printed so is live: `null`, `f`, `0`, not `deleted`."""
    if value is None:
        return True
    if marker.kind is MarkerKind.STATUS:
        return value not in (*_LITERAL.findall(marker.deleted), *_NUMBER.findall(marker.deleted))
    if marker.kind is MarkerKind.TIMESTAMP:
        return value in _LITERAL.findall(marker.live)
    return value in ({"t", "true"} if marker.live == "true" else {"f", "false", "0", marker.live})
