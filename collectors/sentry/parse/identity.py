"""Who and when: the id and the time of an Event, made up in a stable way where it gives none."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from msgspec import Raw

from collectors.sentry.parse.moments import moment, plausible
from collectors.sentry.parse.origin import Origin
from collectors.sentry.parse.shapes import Body

NO_ID = "The event has no usable id; one was made from its content."
NO_TIME = "The event has no plausible time; when it was received is used instead."

_ID = re.compile(r"[0-9a-f]{32}")


def synthetic_id(raw: bytes | Raw) -> str:
    """32 hex digits that are the same for the same bytes."""
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def read_id(raw: bytes | Raw, body: Body, outer: Body) -> tuple[str, str | None]:
    """The id as 32 lower-case hex digits; with an oddity when the body gave none."""
    for value in (body.event_id, body.event_id_camel, outer.event_id, body.id):
        if isinstance(value, str):
            found = value.strip().replace("-", "").lower()
            if _ID.fullmatch(found):
                return found, None
    return synthetic_id(raw), NO_ID


def read_time(origin: Origin, body: Body, outer: Body) -> tuple[datetime, str | None]:
    """When it happened; with an oddity when only the time of its receipt is known."""
    now = origin.now or origin.received_at
    happened = (body.timestamp, body.date_created, body.date_created_camel, outer.timestamp)
    received = (body.date_received, body.date_received_camel, body.received, outer.ingested_at)
    for oddity, values in ((None, happened), (NO_TIME, received)):
        for value in values:
            found = moment(value)
            if found is not None and plausible(found, now):
                return found, oddity
    return origin.received_at, NO_TIME
