"""What the SDK puts on the wire: a header line, then items of a header line and a payload.

Layout: https://develop.sentry.dev/sdk/data-model/envelopes/. A payload has the length that its
header says, or without one ends with its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from collectors.sentry.parse.text import UNREADABLE

_OF_EVENTS = frozenset(
    {
        *("id", "eventID", "title", "platform", "timestamp", "dateCreated", "exception", "message"),
        *("logentry", "entries", "contexts", "tags", "data", "results"),
    }
)
"""One of these stands in every event; a header has fields that come and go with the SDKs."""


class _ItemHeader(msgspec.Struct):
    type: str
    length: int | None = None


_HEADER = msgspec.json.Decoder(dict[str, Any])
_ITEM = msgspec.json.Decoder(_ItemHeader)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an envelope: "event", "transaction", "session", …; `start` is its place in it."""

    type: str
    payload: bytes
    start: int


def is_header(line: bytes) -> bool:
    """It can begin an envelope: an object without a field that every event has one of."""
    try:
        return not _OF_EVENTS & _HEADER.decode(line).keys()
    except UNREADABLE:
        return False


def is_envelope(body: bytes) -> bool:
    """It begins with a header, and an item's header in the next line."""
    first, _, rest = body.partition(b"\n")
    return is_header(first) and _item_header(rest.partition(b"\n")[0]) is not None


def read_items(body: bytes) -> Iterator[Item]:
    """The items of one envelope or of several, up to what cannot be told apart."""
    position = body.find(b"\n") + 1
    while 0 < position < len(body):
        end = body.find(b"\n", position)
        line = body[position : end if end >= 0 else len(body)]
        position = end + 1 if end >= 0 else len(body)
        if not line.strip():
            continue
        header = _item_header(line)
        if header is None and is_header(line):
            continue  # another envelope begins
        if header is None:
            return
        stop = _payload_end(body, position, header.length)
        yield Item(header.type, body[position:stop], position)
        position = stop + 1


def _item_header(line: bytes) -> _ItemHeader | None:
    try:
        return _ITEM.decode(line)
    except UNREADABLE:
        return None


def _payload_end(body: bytes, start: int, length: int | None) -> int:
    if length is not None and length >= 0:
        return min(start + length, len(body))
    end = body.find(b"\n", start)
    return end if end >= 0 else len(body)
