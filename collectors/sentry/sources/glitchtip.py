"""GlitchTip: Sentry's paths, with differences that are met here and nowhere else.

- Its lists are ordered by when an Event was *received*, and take no period: `start` and `end` mean
  an Issue's first Event. So what is new is told by `date_received`.
- `project` takes numbers alone, and a slug has its own path; −1 is no project.
- The sorts have other names, and a `query` that it does not understand finds nothing: none is sent.
- Of the two paths to an Issue's Events only the one without the organization answers with JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime, timedelta
from urllib.parse import quote

from collectors.errors import NotAllowed
from collectors.model import Event, Issue
from collectors.sentry.ahead import Ahead
from collectors.sentry.allowance import Allowance
from collectors.sentry.client import SentryClient
from collectors.sentry.listing import ALL_PROJECTS, IssuePage, events_of, issues_of
from collectors.sentry.paging import pages
from collectors.sentry.parse import Origin, received_times
from collectors.sentry.sources.swept import OVERLAP, Swept


class GlitchTip(Swept):
    """Reads the given projects (ids or slugs), or all that the token sees."""

    name = "glitchtip"

    def __init__(
        self,
        client: SentryClient,
        projects: Sequence[str] = (),
        *,
        overlap: timedelta = OVERLAP,
        allowance: Allowance | None = None,
    ) -> None:
        super().__init__(GlitchTipListing(client), projects, overlap, allowance)


class GlitchTipListing:
    """What a sweep asks of GlitchTip."""

    def __init__(self, client: SentryClient) -> None:
        self._client = client

    def projects(self) -> tuple[str, ...]:
        """All at once."""
        return (ALL_PROJECTS,)

    def issues(self, project: str, start: datetime | None) -> Iterator[IssuePage]:  # noqa: ARG002
        """The whole list, for it cannot be bounded; the sweep leaves it where it is old enough."""
        path = self._client.path("issues")
        params = {"sort": "-last_seen"}
        if project.isdigit():
            params["project"] = project
        elif project != ALL_PROJECTS:
            path = self._client.project_path(project, "issues")
        for reply in pages(self._client, path, params, "issues"):
            issues = issues_of(reply.body)
            if not issues and not project.lstrip("-").isdigit():
                self._look_for(project)
            yield IssuePage(issues, reply.at)

    def _look_for(self, slug: str) -> None:
        """Raises NotInSentry: the list of a project that is not there is empty, too."""
        with suppress(NotAllowed):
            self._client.get(self._client.project_path(slug), scope="project:read")

    def events(self, issue: Issue, start: datetime | None) -> Iterator[tuple[Event, ...]]:
        """Those received since `start`, until a page holds none."""
        path = f"/api/0/issues/{quote(issue.issue_id, safe='')}/events/"
        replies = pages(self._client, path, {}, f"events of issue {issue.issue_id}")
        with closing(Ahead(replies)) as ahead:
            while (reply := ahead.take()) is not None:
                origin = Origin(reply.at, project=issue.project, issue_id=issue.issue_id)
                events = tuple(events_of(reply, origin))
                fresh = _received_since(start, events, received_times(reply.body))
                del reply
                if events and not fresh:
                    return
                ahead.go_on()
                yield fresh


def _received_since(
    start: datetime | None, events: tuple[Event, ...], received: Sequence[datetime | None]
) -> tuple[Event, ...]:
    """An Event of which that is not known counts as new: reading one twice changes nothing."""
    if start is None or len(received) != len(events):
        return events
    pairs = zip(events, received, strict=True)
    return tuple(event for event, at in pairs if at is None or at >= start)
