"""Values of any kind made safe to keep: for SQLite, for JSON, and for whoever walks them."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec
from msgspec import Raw

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises at bytes that are not the JSON they should be: cut, not UTF-8, too deep."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
MAX_DEPTH = 32
HARMLESS_BRACKETS = 100
MAX_WORD = 500
_UNSAFE = re.compile("[\0\ud800-\udfff]")
_INT64 = 2**63


def clean(text: str) -> str:
    """The text as it is, but for NUL and lone surrogates, which SQLite and UTF-8 cannot hold.

    >>> clean("a" + chr(0) + "b")
    'a\N{REPLACEMENT CHARACTER}b'
    """
    if text.isascii():
        return text.replace("\0", REPLACEMENT)
    return _UNSAFE.sub(REPLACEMENT, text)


def tidy(value: Any, depth: int = MAX_DEPTH) -> Any:
    """A decoded JSON value with clean texts and keys, finite numbers and bounded depth.

    What lies deeper than `depth` becomes "…"; a number that JSON or a 64-bit column cannot hold
    becomes its text.
    """
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        if not depth:
            return "…"
        return {clean(str(key)): tidy(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [tidy(item, depth - 1) for item in value] if depth else "…"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        return str(value)
    return value


def as_text(value: Any) -> str | None:
    r"""A value that should be a text, as one: a list line by line, all else as JSON.

    >>> as_text(["duplicate key", "DETAIL: none"])
    'duplicate key\nDETAIL: none'
    """
    if value is None:
        return None
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return "\n".join(as_text(item) or "" for item in tidy(value))
    return json.dumps(tidy(value), ensure_ascii=False)


def as_word(value: Any) -> str | None:
    """A short name (an environment, a release): a text that is not blank, or a number's."""
    if isinstance(value, str):
        return clean(value).strip()[:MAX_WORD] or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return as_text(value)
    return None


def mapping_of(raw: Raw) -> dict[str, Any]:
    """An undecoded object, tidied; any other value is kept under the name "value".

    Walking a value costs more than decoding it, so it is walked only where it holds a NUL or could
    be too deep; it cannot be deeper than it has brackets.
    """
    data = bytes(raw)
    try:
        value = msgspec.json.decode(data)
        if b"\\u0000" in data or data.count(b"[") + data.count(b"{") > HARMLESS_BRACKETS:
            value = tidy(value)
    except UNREADABLE:
        value = _odd_value(data)
    if value is None:
        return {}
    return value if isinstance(value, dict) else {"value": value}


def loads_tolerantly(raw: bytes) -> Any:
    """The value of JSON that strict readers refuse: with NaN, lone surrogates, control characters.

    Bytes are read by their byte order mark if they have one, else as UTF-8. Raises ValueError and
    RecursionError.
    """
    return json.loads(decode_text(raw), strict=False)


def decode_text(raw: bytes) -> str:
    """The bytes as text; what is no text in their encoding becomes U+FFFD."""
    return raw.decode(json.detect_encoding(raw), "replace")


def _odd_value(raw: bytes) -> Any:
    try:
        return tidy(loads_tolerantly(raw))
    except (ValueError, RecursionError):
        return "…"
