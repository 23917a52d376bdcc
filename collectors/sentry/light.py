"""Sentry's light rows: some hundred bytes an Event where its body has 250 kB.

Rows come from Discover, for a page of Issues at once; that needs the scope org:read. Where it is
not to be had, the new Events of an Issue that was read before are listed without their bodies, so
that only those are fetched which the store does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice

from collectors.errors import KeptBack, NotInSentry, ReplyTooLarge, SentryUnreachable
from collectors.model import Event, Issue
from collectors.sentry.client import Reply, SentryClient
from collectors.sentry.listing import SentryListing, events_of, window
from collectors.sentry.paging import pages
from collectors.sentry.parse import Origin, parse_events
from collectors.sentry.parse.row import FIELDS, is_rows, parse_rows
from collectors.sentry.together import together

MANY = 20
"""So many bodies of one Issue are looked for in pages of its bodies, fewer by one call each."""
WORTH_A_PAGE = 50
"""No more pages are read than hold so many of them each; the rest is asked for singly again."""

GIVEN_UP_AFTER = timedelta(days=1)
"""A body that the server refuses while it gives others is asked for until its Event is so old."""

_SECOND = timedelta(seconds=1)


class LightListing(SentryListing):
    """`has_rows` turns false, for the rest of the Run, when Discover is refused."""

    def __init__(self, client: SentryClient, *, query: str = "", has_rows: bool = True) -> None:
        super().__init__(client, query)
        self.has_rows = has_rows

    def searching(self, query: str) -> LightListing:
        """The same, of the Issues alone that a search finds."""
        searching = LightListing(self._client, query=query, has_rows=self.has_rows)
        searching._numbers = self._numbers
        return searching

    def rows(
        self, project: str, issues: Sequence[Issue], start: datetime | None
    ) -> Iterator[tuple[Event, ...]]:
        """Light Events of these Issues of a project, newest first.

        Raises NotAllowed, NotInSentry too. No other project is asked about: Sentry's smaller plans
        refuse what spans several.
        """
        params = {
            "dataset": "errors",
            "field": FIELDS,
            "query": f"issue.id:[{','.join(issue.issue_id for issue in issues)}]",
            "sort": "-timestamp",
            "project": self.numbered(project),
        } | window(start)
        path = self._client.path("events")
        projects = {issue.issue_id: issue.project for issue in issues}
        replies = pages(self._client, path, params, "rows", is_whole=_is_rows, scope="org:read")
        for reply in replies:
            events = parse_rows(reply.body, Origin(reply.at))
            if events is None:
                raise NotInSentry("Sentry's rows are not as expected.", permanent=True)
            yield tuple(
                _of_project(event, projects[event.issue_id])
                for event in events
                if event.issue_id in projects
            )

    def recent(self, issue: Issue, start: datetime | None) -> Iterator[tuple[Event, ...]]:
        """The ids and times of an Issue's Events, without anything to judge them by."""
        path = self._client.path("issues", issue.issue_id, "events")
        for reply in pages(self._client, path, window(start), f"events of issue {issue.issue_id}"):
            events = events_of(reply, _origin(issue, reply))
            bare = tuple(
                replace(event, exceptions=(), message=None, light=True) for event in events
            )
            fresh = tuple(e for e in bare if start is None or e.occurred_at >= start)
            yield fresh
            if bare and not fresh:
                return

    def bodies(self, events: Sequence[Event]) -> Iterator[Event]:
        """The same Events, whole; one whose body is gone or too large is left out.

        Raises KeptBack, after all the others, for those that the server does not give just now.
        """
        single: list[Event] = []
        for _, group in groupby(sorted(events, key=_issue_id), key=_issue_id):
            some = list(group)
            if len(some) < MANY or some[0].issue_id is None:
                single += some
                continue
            found: set[str] = set()
            for event in self._listed(some):
                found.add(event.event_id)
                yield event
            single += [event for event in some if event.event_id not in found]
        yield from self._singly(single)

    def _listed(self, events: Sequence[Event]) -> Iterator[Event]:
        """By the list of their Issue's bodies in the time they span."""
        times = [event.occurred_at for event in events]
        wanted = {event.event_id: event for event in events}
        issue = Issue(str(events[0].issue_id), project=events[0].project)
        path = self._client.path("issues", issue.issue_id, "events")
        first, last = min(times) - _SECOND, max(times) + 2 * _SECOND
        params = {"full": "true"} | window(first, last)
        most = 1 + len(events) // WORTH_A_PAGE
        listed = pages(self._client, path, params, f"events of issue {issue.issue_id}")
        try:
            for reply in islice(listed, most):
                for event in events_of(reply, _origin(issue, reply)):
                    if wanted.pop(event.event_id, None):
                        yield event
                if not wanted:
                    return
        except NotInSentry:
            return
        except SentryUnreachable as error:
            if not error.permanent:
                raise

    def _singly(self, events: Sequence[Event]) -> Iterator[Event]:
        paths = [self._path(event) for event in events]
        refused: dict[str, SentryUnreachable] = {}
        came = False
        for event, answer in zip(events, together(self._client, paths), strict=True):
            got = _whole(event, answer) if isinstance(answer, Reply) else answer
            if isinstance(got, Event):
                came = True
                yield got
            elif not (isinstance(got, NotInSentry | ReplyTooLarge) or (came and _is_old(event))):
                refused[event.event_id] = got
        if refused:
            why = " ".join(dict.fromkeys(map(str, refused.values())))
            raise KeptBack(why, frozenset(refused))

    def _path(self, event: Event) -> str:
        return self._client.path("issues", str(event.issue_id), "events", event.event_id)


def _whole(event: Event, reply: Reply) -> Event | SentryUnreachable:
    issue = Issue(str(event.issue_id), project=event.project)
    found = next(parse_events(reply.body, _origin(issue, reply)), None)
    if found is None or found.event_id != event.event_id:
        return SentryUnreachable("Sentry's answer does not hold the event.", permanent=True)
    return found


def _is_old(event: Event) -> bool:
    """What a server that gives other bodies has not given for so long is not to be had."""
    return event.occurred_at < datetime.now(UTC) - GIVEN_UP_AFTER


def _is_rows(reply: Reply) -> bool:
    return is_rows(reply.body)


def _of_project(event: Event, project: str | None) -> Event:
    return event if project in (None, event.project) else replace(event, project=project)


def _origin(issue: Issue, reply: Reply) -> Origin:
    return Origin(reply.at, project=issue.project, issue_id=issue.issue_id)


def _issue_id(event: Event) -> str:
    return event.issue_id or ""
