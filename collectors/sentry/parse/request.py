"""The HTTP request of a Body: method, route and body, and nothing else of it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec

from collectors.model import Request
from collectors.sentry.parse.entries import entries_of
from collectors.sentry.parse.routes import route
from collectors.sentry.parse.shapes import Body
from collectors.sentry.parse.text import as_word, tidy


def read_request(body: Body) -> Request | None:
    """The request, None for an Event without one (a worker's)."""
    shape = body.request or next(entries_of(body, "request"), None)
    if shape is None:
        return None
    return Request(
        method=as_word(shape.method),
        route=route(shape.url) if isinstance(shape.url, str) else None,
        body=tidy(_parsed(shape.data)),
    )


def _parsed(data: Any) -> Any:
    """The value of a JSON text (Node's SDK sends one, cut at its limit); all else as it is."""
    if isinstance(data, str) and data.lstrip()[:1] in ("{", "["):
        with suppress(msgspec.DecodeError, UnicodeError, RecursionError):
            return msgspec.json.decode(data)
    return data
