"""The value that a NOT NULL text column gets when its key is released.

It must be unique a row, not a value (else the second release of one address collides with the
first), recognisable to a reader, and undeliverable: `.invalid` never resolves (RFC 2606).
"""

from __future__ import annotations

import hashlib
import re

from collectors.model import Column
from collectors.model.released import RELEASED_EMAIL, RELEASED_TEXT

_PLAIN = re.compile(r"[a-z0-9_]{1,40}")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_SHORTEST_TAG = 8


def released_value(column: Column, seen: str | None, row_id: str) -> str | None:
    """A value for this column of this row; None where it takes no text or has no room for one."""
    if column.category != "S":
        return None
    is_email = column.holds_email or bool(_EMAIL.fullmatch(seen or ""))
    head, tail = RELEASED_EMAIL if is_email else (RELEASED_TEXT, "")
    tag = _tag(row_id, room=column.room - len(head) - len(tail))
    return None if tag is None else f"{head}{tag}{tail}"


def _tag(row_id: str, *, room: int) -> str | None:
    """The row's id (a UUID without its dashes), or where that is long or odd, a hash of it."""
    plain = row_id.replace("-", "") if _UUID.fullmatch(row_id) else row_id
    if _PLAIN.fullmatch(plain) and len(plain) <= room:
        return plain
    digest = hashlib.sha256(row_id.encode()).hexdigest()[:32]
    return digest[:room] if room >= _SHORTEST_TAG else None
