"""What an SDK sends → events in the store."""

from __future__ import annotations

import hashlib
import re
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec

from collectors.sentry.parse.envelope import read_items
from sample_data.sentry.grouping import group_of
from sample_data.sentry.shapes import (
    SdkEvent,
    exceptions_of,
    message_of,
    read_sdk_event,
    text_of,
)
from sample_data.sentry.store import NewEvent, Store
from sample_data.sentry.wire import Wire, decompress

_KEY = re.compile(r"sentry_key=([\w-]+)")


def key_of(header: str, query: str) -> str | None:
    """The public key of a request, from its X-Sentry-Auth header or its query."""
    found = _KEY.search(header) or _KEY.search(query)
    return found[1] if found else None


def take_envelope(store: Store, project_id: int, data: bytes, encoding: str) -> str | None:
    """Keep every event of an envelope, and drop its transactions, sessions and reports.

    The id of the last event, None where there was none. Raises UnreadableBody.
    """
    last: str | None = None
    for item in read_items(decompress(data, encoding)):
        if item.type == "event":
            wire = Wire(data, encoding, item.start, len(item.payload))
            last = _take(store, project_id, item.payload, wire)
    return last


def take_body(store: Store, project_id: int, data: bytes, encoding: str) -> str:
    """Keep one event body exactly as it came, whatever it holds."""
    return _take(store, project_id, decompress(data, encoding), Wire(data, encoding))


def _take(store: Store, project_id: int, body: bytes, wire: Wire) -> str:
    event = read_sdk_event(body)
    now = time.time()
    read = event or SdkEvent()
    new = NewEvent(
        event_id=_event_id(read.event_id, body),
        happened=_seconds(read.timestamp, now),
        received=now,
        group=group_of(event),
        wire=wire,
        environment=text_of(read.environment),
        release=text_of(read.release),
        transaction=text_of(read.transaction),
        level=text_of(read.level) or "error",
        platform=text_of(read.platform) or "other",
        row=light_row(read),
    )
    store.add_event(project_id, new)
    return new.event_id


def light_row(event: SdkEvent) -> str:
    """What Discover tells beyond an event's columns, as JSON."""
    exceptions = exceptions_of(event)
    request = event.request
    return msgspec.json.encode(
        {
            "message": message_of(event) or "",
            "error.type": [text_of(one.type) for one in exceptions],
            "error.value": [text_of(one.value) for one in exceptions],
            "http.method": text_of(request.method) if request else None,
            "http.url": text_of(request.url) if request else None,
        }
    ).decode()


def _event_id(given: Any, body: bytes) -> str:
    """The given id; else one from the body, so that sending it again is known as such."""
    if isinstance(given, str):
        try:
            return uuid.UUID(given).hex
        except ValueError:
            pass
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def _seconds(given: Any, now: float) -> float:
    """The event's own time, however long ago: the demo's story is told over weeks."""
    try:
        if isinstance(given, str):
            read = datetime.fromisoformat(given)
            given = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
        seconds = float(given)
    except (TypeError, ValueError, OverflowError):
        return now
    return seconds if 0 < seconds <= now + 60 else now
