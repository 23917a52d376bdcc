"""What Bugsink's own API answers: pages with their cursor in the body, Issues, rows of Events.

It orders by when it took an Event in (`ingested_at`, `last_seen`), not by when that happened.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import Raw, Struct

from collectors.model import Issue
from collectors.sentry.parse.moments import moment
from collectors.sentry.parse.text import UNREADABLE, as_text, as_word

T = TypeVar("T", bound=Struct)


class _Page(Struct):
    results: list[Raw]
    next: Any = None


class _Project(Struct):
    id: Any = None
    slug: Any = None


class _Issue(Struct):
    id: Any = None
    last_seen: Any = None
    first_seen: Any = None
    digested_event_count: Any = None
    calculated_type: Any = None
    calculated_value: Any = None
    is_resolved: Any = None
    is_muted: Any = None


class _Row(Struct):
    id: Any = None
    ingested_at: Any = None


class EventRow(NamedTuple):
    """An Event of a list, which has no body: Bugsink's own id of it, and when it came in."""

    row_id: str
    received_at: datetime | None

    def is_since(self, start: datetime | None) -> bool:
        """It may have come in at or after `start`."""
        return start is None or self.received_at is None or self.received_at >= start


class ResultsPage(NamedTuple):
    """What a page holds, undecoded, and the cursor of the next one."""

    results: list[Raw]
    next: str | None


def parse_results(raw: bytes) -> ResultsPage | None:
    """A page; None when it is none. Of `next` only the cursor is used, never the address."""
    try:
        page = msgspec.json.decode(raw, type=_Page)
    except UNREADABLE:
        return None
    return ResultsPage(page.results, _cursor(page.next))


def read_projects(results: list[Raw]) -> dict[str, str]:
    """Project ids, each with its slug."""
    shapes = [_decoded(raw, _Project) for raw in results]
    named = ((as_word(shape.id), as_word(shape.slug)) for shape in shapes if shape)
    return {number: slug or number for number, slug in named if number}


def read_issues(results: list[Raw], project: str, base_url: str) -> tuple[Issue, ...]:
    """Issues; an item without an id is left out."""
    shapes = (_decoded(raw, _Issue) for raw in results)
    return tuple(_issue(shape, project, base_url) for shape in shapes if shape and shape.id)


def read_rows(results: list[Raw]) -> list[EventRow]:
    """The Events of a list; an item without an id is left out."""
    shapes = (_decoded(raw, _Row) for raw in results)
    rows = ((as_word(shape.id), moment(shape.ingested_at)) for shape in shapes if shape)
    return [EventRow(row_id, at) for row_id, at in rows if row_id]


def _issue(shape: _Issue, project: str, base_url: str) -> Issue:
    issue_id = as_word(shape.id) or ""
    title = ": ".join(filter(None, map(as_text, (shape.calculated_type, shape.calculated_value))))
    count = shape.digested_event_count
    return Issue(
        issue_id=issue_id,
        project=project,
        title=title,
        status=_status(shape),
        first_seen=moment(shape.first_seen),
        last_seen=moment(shape.last_seen),
        count=count if isinstance(count, int) else None,
        url=f"{base_url}/issues/issue/{issue_id}/event/last/",
    )


def _status(shape: _Issue) -> str:
    """In Sentry's words."""
    if shape.is_resolved is True:
        return "resolved"
    return "ignored" if shape.is_muted is True else "unresolved"


def _cursor(address: Any) -> str | None:
    if not isinstance(address, str):
        return None
    try:
        return next(iter(parse_qs(urlsplit(address).query).get("cursor", [])), None)
    except ValueError:
        return None


def _decoded(raw: Raw, shape: type[T]) -> T | None:
    try:
        return msgspec.json.decode(raw, type=shape)
    except UNREADABLE:
        return None
