"""Dates and times that say without a doubt which they are.

A server prints them by the `DateStyle` of the session that failed, which no message tells:
`02/01/2026` is one day for it and may be another for us, and an abbreviated zone is several zones.
Asked for is what ISO 8601 fixes; anything else would find another row as surely as its own, unless
the database itself has that style.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from collectors.model import KeyValues

_DATED = re.compile(
    r"(?:pg_catalog\.)?(?:date|timestamp(?:\(\d\))? with(?:out)? time zone"
    r"|(?:date|ts|tstz)(?:multi)?range)(?:\[\])*"
)
_ZONED = re.compile(r"(?:pg_catalog\.)?(?:timestamp(?:\(\d\))? with time zone|tstz\w+)(?:\[\])*")
_DAY = r"(?<!\d)\d{4,6}-\d\d-\d\d(?!\d)"
_TIME = r"[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?"
_ZONE = r"\s?(?:Z|UTC|[+-]\d\d(?::?\d\d){0,2})"
_ISO = re.compile(rf"{_DAY}(?:{_TIME}(?:{_ZONE})?)?(?: BC)?")
_ISO_ZONED = re.compile(rf"{_DAY}{_TIME}{_ZONE}(?: BC)?")
_SAYS_A_TIME = re.compile(r"\d|now|today|tomorrow|yesterday|epoch|allballs", re.IGNORECASE)
_WORDS = re.compile(r"-?infinity|NULL|empty", re.IGNORECASE)


def is_dated(type_: str) -> bool:
    """Its values are dates or times, or ranges or arrays of them."""
    return _DATED.fullmatch(type_) is not None


def doubtful(names: Sequence[str], types: Sequence[str], values: KeyValues) -> str | None:
    """Which value of a look-up can be read as more than one date or time; None if none can."""
    for name, type_, value in zip(names, types, values, strict=True):
        if value is not None and is_dated(type_) and not _is_plain(type_, value):
            return f"the value of {name} can be read as more than one {type_}"
    return None


def _is_plain(type_: str, value: str) -> bool:
    """Nothing is left of it without its ISO dates and the words that ranges and arrays have."""
    if not _SAYS_A_TIME.search(value):
        return True  # it is no time at all, which the server will tell
    iso = _ISO_ZONED if _ZONED.fullmatch(type_) else _ISO
    return not re.search(r"\w", _WORDS.sub("", iso.sub("", value)))
