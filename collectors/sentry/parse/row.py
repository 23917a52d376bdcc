"""Light rows: what Sentry's Discover tells of an event in some hundred bytes.

https://docs.sentry.io/api/explore/query-explore-events-in-table-format/: a `data` list of objects
with the fields that were asked for. The time comes in whole seconds; `error.type` and `error.value`
are lists over the exception chain.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Struct, field

from collectors.model import Event, ExceptionValue, Request
from collectors.sentry.parse.identity import read_id
from collectors.sentry.parse.moments import moment, plausible
from collectors.sentry.parse.origin import Origin
from collectors.sentry.parse.routes import route, transaction_name
from collectors.sentry.parse.shapes import Body
from collectors.sentry.parse.text import UNREADABLE, as_text, as_word

FIELDS = (
    "id",
    "timestamp",
    "title",
    "message",
    "project.name",
    "issue.id",
    "environment",
    "release",
    "transaction",
    "http.method",
    "http.url",
    "error.type",
    "error.value",
)
"""What is asked for; Sentry allows twenty."""

UNEVEN = "…"
"""Stands for texts that cannot be told apart by exception: it counts as cut."""


class RowShape(Struct):
    """One row."""

    id: Any = None
    timestamp: Any = None
    title: Any = None
    message: Any = None
    project: Any = field(name="project.name", default=None)
    issue: Any = field(name="issue.id", default=None)
    environment: Any = None
    release: Any = None
    transaction: Any = None
    method: Any = field(name="http.method", default=None)
    url: Any = field(name="http.url", default=None)
    types: Any = field(name="error.type", default=None)
    values: Any = field(name="error.value", default=None)


class _Page(Struct):
    data: list[RowShape]


_PAGE = msgspec.json.Decoder(_Page)


def is_rows(raw: bytes) -> bool:
    """It is a whole page of rows."""
    return parse_rows(raw, None) is not None


def parse_rows(raw: bytes, origin: Origin | None) -> tuple[Event, ...] | None:
    """The light Events of a page, without those that have no id; None if it is no page.

    Of one without a plausible time nothing is told, so that its body is asked for.
    """
    try:
        rows = _PAGE.decode(raw).data
    except UNREADABLE:
        return None
    if origin is None:
        return ()
    return tuple(event for row in rows if (event := _event(row, origin)) is not None)


def _event(row: RowShape, origin: Origin) -> Event | None:
    event_id, no_id = read_id(b"", Body(id=row.id), Body())
    if no_id:
        return None
    happened = moment(row.timestamp)
    if happened is None or not plausible(happened, origin.now or origin.received_at):
        return Event(
            event_id,
            origin.received_at,
            project=as_word(row.project),
            environment=as_word(row.environment),
            issue_id=as_word(row.issue),
            light=True,
        )
    exceptions = _exceptions(row)
    transaction = as_word(row.transaction)
    return Event(
        event_id=event_id,
        occurred_at=happened,
        project=as_word(row.project),
        environment=as_word(row.environment),
        issue_id=as_word(row.issue),
        transaction=transaction_name(transaction) or None if transaction else None,
        release=as_word(row.release),
        message=None if exceptions else as_text(row.message) or _title(row.title),
        exceptions=exceptions,
        request=_request(row),
        light=True,
    )


def _exceptions(row: RowShape) -> tuple[ExceptionValue, ...]:
    types, values = _list(row.types), _list(row.values)
    if len(types) != len(values):
        values = [*values, UNEVEN]
        types = [None] * len(values)
    return tuple(
        ExceptionValue(type=as_word(kind), value=as_text(value) or "")
        for kind, value in zip(types, values, strict=True)
    )


def _title(value: Any) -> str | None:
    """A title in angle brackets is what Sentry calls an event that has none."""
    title = as_text(value)
    return None if title is None or re.fullmatch(r"<[\w ]+>", title) else title


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _request(row: RowShape) -> Request | None:
    method = as_word(row.method)
    path = route(row.url) if isinstance(row.url, str) and row.url else None
    return Request(method=method, route=path) if method or path else None
