"""Bugsink, by its own API: projects by number, Issues by when they last grew, Events one by one.

Its lists have no filters, and are ordered by when Bugsink took an Event in, so an Event that comes
late stands at the top. A list of Events has no bodies; each is a call of its own, a few at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from urllib.parse import quote

from collectors.errors import NotAllowed, NotInSentry, SentryUnreachable
from collectors.model import Event, Issue
from collectors.sentry.allowance import Allowance
from collectors.sentry.client import Reply, SentryClient
from collectors.sentry.listing import IssuePage
from collectors.sentry.paging import results
from collectors.sentry.parse import Origin, parse_event
from collectors.sentry.parse.bugsink import read_issues, read_projects, read_rows
from collectors.sentry.sources.page import PAGE_SIZE
from collectors.sentry.sources.swept import OVERLAP, Swept
from collectors.sentry.together import together

_API = "/api/canonical/0"


class Bugsink(Swept):
    """Reads the given projects (ids or slugs), or all that the token sees."""

    name = "bugsink"

    def __init__(
        self,
        client: SentryClient,
        projects: Sequence[str] = (),
        *,
        overlap: timedelta = OVERLAP,
        allowance: Allowance | None = None,
    ) -> None:
        super().__init__(BugsinkListing(client), projects, overlap, allowance)


class BugsinkListing:
    """What a sweep asks of Bugsink."""

    def __init__(self, client: SentryClient) -> None:
        self._client = client

    def projects(self) -> tuple[str, ...]:
        """Every project, for there is no list of all their Issues."""
        return tuple(self._slugs)

    def issues(self, project: str, start: datetime | None) -> Iterator[IssuePage]:  # noqa: ARG002
        """The whole list, for it cannot be bounded; the sweep leaves it where it is old enough."""
        number, slug = self._project(project)
        params = {"project": number, "sort": "last_seen", "order": "desc"}
        path = f"{_API}/issues/"
        for found, at in results(self._client, path, params, "issues", scope="issues:read"):
            yield IssuePage(read_issues(found, slug, self._client.base_url), at)

    def events(self, issue: Issue, start: datetime | None) -> Iterator[tuple[Event, ...]]:
        """Those taken in since `start`, until a page holds none."""
        path, params = f"{_API}/events/", {"issue": issue.issue_id}
        what = f"events of issue {issue.issue_id}"
        for found, _ in results(self._client, path, params, what, scope="events:read"):
            rows = read_rows(found)
            fresh = [row.row_id for row in rows if row.is_since(start)]
            for first in range(0, len(fresh), PAGE_SIZE):
                yield tuple(self._bodies(issue, fresh[first : first + PAGE_SIZE]))
            if rows and not fresh:
                return

    def _bodies(self, issue: Issue, row_ids: Sequence[str]) -> Iterator[Event]:
        """Retention may have evicted one since it was listed: then it is left out.

        Raises SentryUnreachable for one that does not come, after all the others.
        """
        missed: SentryUnreachable | None = None
        paths = [f"{_API}/events/{quote(row_id, safe='')}/" for row_id in row_ids]
        for reply in together(self._client, paths, scope="events:read"):
            if isinstance(reply, Reply):
                origin = Origin(reply.at, project=issue.project, issue_id=issue.issue_id)
                yield parse_event(reply.body, origin)
            elif not isinstance(reply, NotInSentry):
                missed = missed or reply
        if missed:
            raise missed

    def _project(self, project: str) -> tuple[str, str]:
        """Its number and its slug; the number twice where the projects may not be listed."""
        try:
            slugs = self._slugs
        except NotAllowed:
            slugs = {}
            if not project.isdigit():
                raise
        for number, slug in slugs.items():
            if project in (number, slug):
                return number, slug
        if project.isdigit():
            return project, project
        raise NotInSentry(
            f"Bugsink has no project {project}, or not for this token.", permanent=True
        )

    @cached_property
    def _slugs(self) -> dict[str, str]:
        found: dict[str, str] = {}
        path = f"{_API}/projects/"
        for page, _ in results(self._client, path, {}, "projects", scope="projects:read"):
            found |= read_projects(page)
        return found
