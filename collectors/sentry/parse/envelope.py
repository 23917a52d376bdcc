"""What the SDK puts on the wire: a header line, then items of a header line and a payload.

Layout: https://develop.sentry.dev/sdk/data-model/envelopes/. A payload has the length that its
header says, or without one ends with its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    event_id: Any = None
    dsn: Any = None
    sdk: Any = None
    sent_at: Any = None
    trace: Any = None


class _ItemHeader(msgspec.Struct):
    type: str
    length: int | None = None


_HEADER = msgspec.json.Decoder(_Header)
_ITEM = msgspec.json.Decoder(_ItemHeader)
_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an envelope: "event", "transaction", "session", …; `start` is its place in it."""

    type: str
    payload: bytes
    start: int


def is_header(line: bytes) -> bool:
    """It can begin an envelope: an object with a header's fields only, as no event has."""
    return _decodes(_HEADER, line)


def is_envelope(body: bytes) -> bool:
    """It begins with a header, and an item's header in the next line."""
    first, _, rest = body.partition(b"\n")
    return is_header(first) and _decodes(_ITEM, rest.partition(b"\n")[0])


def read_items(body: bytes) -> Iterator[Item]:
    """The items up to the first that cannot be told apart from what follows."""
    position = body.find(b"\n") + 1
    while 0 < position < len(body):
        end = body.find(b"\n", position)
        line = body[position : end if end >= 0 else len(body)]
        position = end + 1 if end >= 0 else len(body)
        if not line.strip():
            continue
        try:
            header = _ITEM.decode(line)
        except _ERRORS:
            return
        stop = _payload_end(body, position, header.length)
        yield Item(header.type, body[position:stop], position)
        position = stop + 1


def _decodes(decoder: msgspec.json.Decoder[Any], line: bytes) -> bool:
    try:
        decoder.decode(line)
    except _ERRORS:
        return False
    return True


def _payload_end(body: bytes, start: int, length: int | None) -> int:
    if length is not None and length >= 0:
        return min(start + length, len(body))
    end = body.find(b"\n", start)
    return end if end >= 0 else len(body)
