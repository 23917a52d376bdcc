"""Issues as Sentry's Web API and its kin list them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, field

from collectors.model import Issue
from collectors.sentry.parse.moments import moment
from collectors.sentry.parse.salvage import salvage
from collectors.sentry.parse.text import UNREADABLE, as_text, as_word, loads_tolerantly, tidy


class LifetimeShape(Struct):
    """Figures over an Issue's whole life; those beside it are of the asked period only."""

    count: Any = None
    first_seen: Any = field(name="firstSeen", default=None)
    last_seen: Any = field(name="lastSeen", default=None)


class ProjectShape(Struct):
    """The project an Issue belongs to."""

    id: Any = None
    slug: Any = None


class IssueShape(Struct):
    """An issue, in camelCase or snake_case."""

    id: Any = None
    title: Any = None
    status: Any = None
    substatus: Any = None
    permalink: Any = None
    category: Any = field(name="issueCategory", default=None)
    count: Any = None
    first_seen: Any = None
    first_seen_camel: Any = field(name="firstSeen", default=None)
    last_seen: Any = None
    last_seen_camel: Any = field(name="lastSeen", default=None)
    lifetime: LifetimeShape | None = None
    project: ProjectShape | str | int | None = None


_PAGE = msgspec.json.Decoder(list[IssueShape])


def parse_issues(raw: bytes) -> tuple[Issue, ...] | None:
    """The Issues of a page; None when it is no list. An item without an id is left out."""
    try:
        shapes = _PAGE.decode(raw)
    except UNREADABLE:
        items = _items_tolerantly(raw)
        if items is None:
            return None
        shapes = [salvage(IssueShape, item, []) for item in items if isinstance(item, dict)]
    return tuple(issue for issue in map(_read, shapes) if issue.issue_id)


def parse_project_id(raw: bytes) -> str | None:
    """The number of a project that was asked for by its slug."""
    try:
        return as_word(msgspec.json.decode(raw, type=ProjectShape).id)
    except UNREADABLE:
        return None


def _items_tolerantly(raw: bytes) -> list[Any] | None:
    try:
        items = tidy(loads_tolerantly(raw))
    except (ValueError, RecursionError):
        return None
    return items if isinstance(items, list) else None


def _read(shape: IssueShape) -> Issue:
    whole = shape.lifetime or LifetimeShape()
    project = shape.project
    if isinstance(project, ProjectShape):
        project = as_word(project.slug) or as_word(project.id)
    return Issue(
        issue_id=as_word(shape.id) or "",
        project=as_word(project),
        title=as_text(shape.title) or "",
        status=as_word(shape.status),
        substatus=as_word(shape.substatus),
        first_seen=moment(whole.first_seen or shape.first_seen_camel or shape.first_seen),
        last_seen=moment(whole.last_seen or shape.last_seen_camel or shape.last_seen),
        count=_number(shape.count if whole.count is None else whole.count),
        url=_web_address(shape.permalink),
        category=as_word(shape.category),
    )


def _number(value: Any) -> int | None:
    word = as_word(value) or ""
    return int(word) if word.isascii() and word.isdigit() and len(word) < 16 else None


def _web_address(value: Any) -> str | None:
    """The address if a browser may be sent there; never `javascript:` or the like."""
    if not isinstance(value, str) or len(value) > 2_000:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in ("http", "https") and parts.netloc else None
