"""What a sweep asks of a server: its Issues, latest first, and the Events of one of them.

A kind of server is one class. It knows its own paths and parameters, and by which clock its lists
are ordered; the sweep knows what was read and what is still to be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from collectors.errors import NotAllowed, SentryUnreachable
from collectors.model import Event, Issue
from collectors.sentry.ahead import Ahead
from collectors.sentry.client import Reply, SentryClient
from collectors.sentry.paging import pages
from collectors.sentry.parse import (
    Origin,
    parse_event,
    parse_events,
    parse_issues,
    parse_project_id,
)

ALL_PROJECTS = "-1"
"""What Sentry calls every project that the token sees."""

_AHEAD = timedelta(days=1)
"""Sentry wants an `end` with every `start`; a sender's clock may run ahead."""


@dataclass(frozen=True, slots=True)
class IssuePage:
    """A page of Issues, and the server's time when it answered."""

    issues: tuple[Issue, ...]
    at: datetime


class Listing(Protocol):
    """One server. Every method may raise SentryUnreachable, after the pages that could be read."""

    def projects(self) -> tuple[str, ...]:
        """What is swept where no project is configured."""
        ...

    def issues(self, project: str, start: datetime | None) -> Iterator[IssuePage]:
        """Issues of whatever status, latest first; those last seen before `start` may be there."""
        ...

    def events(self, issue: Issue, start: datetime | None) -> Iterator[tuple[Event, ...]]:
        """The Issue's Events since `start`, newest first, by the clock that orders its list."""
        ...


class SentryListing:
    """Sentry's Web API: lists are ordered and bounded by when an Event happened."""

    def __init__(self, client: SentryClient, query: str = "") -> None:
        self._client = client
        self._query = query
        self._numbers: dict[str, str] = {}

    def projects(self) -> tuple[str, ...]:
        """All at once."""
        return (ALL_PROJECTS,)

    def issues(self, project: str, start: datetime | None) -> Iterator[IssuePage]:
        """One list for the project; an empty `query`, for Sentry's own default hides most."""
        path = self._client.path("issues")
        params = {"query": self._query, "sort": "date", "project": self._number(project)}
        params |= window(start)
        for reply in pages(self._client, path, params, "issues"):
            yield IssuePage(issues_of(reply.body), reply.at)

    def _number(self, project: str) -> str:
        """A project as lists take it: many versions of Sentry refuse a slug there (400).

        Raises SentryUnreachable. Where the token may not ask for the number, the slug has to do.
        """
        if project not in self._numbers:
            is_number = project.lstrip("-").isdigit()
            self._numbers[project] = project if is_number else self._number_of(project)
        return self._numbers[project]

    def numbered(self, project: str) -> str:
        """The same where a list takes no slug at all: every project, where no number is known."""
        number = self._number(project)
        return number if number.isdigit() else ALL_PROJECTS

    def _number_of(self, slug: str) -> str:
        path = self._client.project_path(slug)
        try:
            return parse_project_id(self._client.get(path, scope="project:read").body) or slug
        except NotAllowed:
            return slug

    def events(self, issue: Issue, start: datetime | None) -> Iterator[tuple[Event, ...]]:
        """Until a page holds none that is new enough."""
        path = self._client.path("issues", issue.issue_id, "events")
        params = {"full": "true"} | window(start)
        replies = pages(self._client, path, params, f"events of issue {issue.issue_id}")
        with closing(Ahead(replies)) as ahead:
            while (reply := ahead.take()) is not None:
                origin = Origin(reply.at, project=issue.project, issue_id=issue.issue_id)
                events = tuple(events_of(reply, origin))
                del reply
                fresh = tuple(e for e in events if start is None or e.occurred_at >= start)
                if events and not fresh:
                    return
                ahead.go_on()
                yield fresh


def window(start: datetime | None, end: datetime | None = None) -> dict[str, str]:
    """`start` and `end` as Sentry takes them; nothing where all is wanted."""
    if start is None:
        return {}
    end = end or datetime.now(start.tzinfo) + _AHEAD
    return {"start": f"{start:%Y-%m-%dT%H:%M:%S}", "end": f"{end:%Y-%m-%dT%H:%M:%S}"}


def events_of(reply: Reply, origin: Origin) -> Iterator[Event]:
    """The Events of a page."""
    if reply.items is None:
        return parse_events(reply.body, origin)
    return (parse_event(item, origin) for item in reply.items)


def issues_of(body: bytes) -> tuple[Issue, ...]:
    """The Issues of a page. Raises SentryUnreachable when it is no list."""
    issues = parse_issues(body)
    if issues is None:
        raise SentryUnreachable("Sentry's list of issues is not a list.", permanent=True)
    return issues
