"""A text that holds any number of events → those events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw

from collectors.model import Event
from collectors.sentry.parse.envelope import is_envelope, read_items
from collectors.sentry.parse.event import parse_event
from collectors.sentry.parse.moments import moment
from collectors.sentry.parse.origin import Origin
from collectors.sentry.parse.text import UNREADABLE, decode_text, loads_tolerantly


class _ResultsPage(msgspec.Struct):
    results: list[Raw]


class _Received(msgspec.Struct):
    snake: Any = msgspec.field(name="date_received", default=None)
    camel: Any = msgspec.field(name="dateReceived", default=None)


class _DataPage(msgspec.Struct):
    data: list[Raw] = msgspec.field(default_factory=list)
    results: list[Raw] = msgspec.field(default_factory=list)


_RECEIVED = msgspec.json.Decoder(list[_Received])
_LIST = msgspec.json.Decoder(list[Raw])
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_PAGE = msgspec.json.Decoder(_ResultsPage)
_ITEMS = msgspec.json.Decoder(list[Raw] | _DataPage)
_DECODER = json.JSONDecoder(strict=False)
_BOM = b"\xef\xbb\xbf"
_BETWEEN = re.compile(r"[\s,]*(?:\][\s,]*\[?\s*)*")
"""What stands between two items, also of two lists: pages that were saved one after another."""


def parse_events(body: bytes | str, origin: Origin) -> Iterator[Event]:
    """Every event of an object, a list, a page of a server's API, envelopes, or JSON lines.

    Objects and lists one after another may also stretch over lines each.

    Never raises. A part that cannot be read gives one odd Event and does not stop the rest; of a
    list that was cut, the whole events before the cut are read.
    """
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    raw = raw.removeprefix(_BOM).strip()
    if raw.startswith(b"["):
        yield from _parse_list(raw, origin)
    elif raw.startswith(b"{") and b"\n" in raw and not _is_object(raw):
        yield from _parse_lines(raw, origin)
    else:
        yield from _parse_object(raw, origin)


def received_times(raw: bytes) -> list[datetime | None]:
    """When the server took in each event of a list; nothing where that cannot be told."""
    try:
        return [moment(item.snake or item.camel) for item in _RECEIVED.decode(raw)]
    except UNREADABLE:
        return []


def items_of(raw: bytes) -> list[Raw]:
    """The items of a page, whatever holds them; what is no page is one item."""
    try:
        read = _ITEMS.decode(raw)
    except UNREADABLE:
        return [Raw(raw)]
    return read if isinstance(read, list) else read.data or read.results


def whole_list(raw: bytes) -> list[Raw] | None:
    """The items of a list as JSON has it, None for anything else."""
    try:
        return _LIST.decode(raw)
    except UNREADABLE:
        return None


def is_list(raw: bytes) -> bool:
    """It is a whole JSON list, whatever its items hold."""
    return whole_list(raw) is not None or _is_list_tolerantly(raw)


def _is_list_tolerantly(raw: bytes) -> bool:
    try:
        return isinstance(loads_tolerantly(raw), list)
    except (ValueError, RecursionError):
        return False


def _parse_list(raw: bytes, origin: Origin) -> Iterator[Event]:
    items = whole_list(raw)
    if items is None:
        yield from _parse_cut_list(raw, origin)
        return
    for item in items:
        yield parse_event(item, origin)


def _parse_object(raw: bytes, origin: Origin) -> Iterator[Event]:
    try:
        items = _PAGE.decode(raw).results
    except UNREADABLE:
        items = [Raw(raw)]
    for item in items:
        yield parse_event(item, origin)


def _parse_lines(raw: bytes, origin: Origin) -> Iterator[Event]:
    if is_envelope(raw):
        payloads = [item.payload for item in read_items(raw) if item.type == "event"]
    elif _stretches(text := decode_text(raw)):
        yield from _parse_each(text, 0, origin)
        return
    else:
        payloads = [line for line in raw.splitlines() if line.strip()]
    for payload in payloads:
        yield parse_event(payload, origin)


def _parse_cut_list(raw: bytes, origin: Origin) -> Iterator[Event]:
    text = decode_text(raw)
    yield from _parse_each(text, _next_item(text, 1), origin)


def _stretches(text: str) -> bool:
    """Its first value goes beyond its line."""
    try:
        return "\n" in text[: _DECODER.raw_decode(text)[1]]
    except (ValueError, RecursionError):
        return False


def _parse_each(text: str, position: int, origin: Origin) -> Iterator[Event]:
    """Item by item with the standard library, which can stop in the middle of a text."""
    while position < len(text):
        try:
            _, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            yield parse_event(_encoded(text[position:]), origin)
            return
        yield parse_event(_encoded(text[position:end]), origin)
        position = _next_item(text, end)


def _next_item(text: str, position: int) -> int:
    found = _BETWEEN.match(text, position)
    return found.end() if found else position


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _is_object(raw: bytes) -> bool:
    try:
        _OBJECT.decode(raw)
    except UNREADABLE:
        return False
    return True
