"""One project of Sentry's Web API, read from its latest Issue down to the Cursor's floor.

While a sweep reads, an Issue that gets a new Event moves to the top of the list and may never come
up. So the list is gone through again until no Issue turns up that was not read; only then does the
floor move.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import quote

from collectors.errors import NotInSentry, SentryUnreachable
from collectors.model import Event, Issue
from collectors.sentry.client import SentryClient
from collectors.sentry.cursor import Progress
from collectors.sentry.paging import FULL_PAGE, pages
from collectors.sentry.parse import Origin, parse_events, parse_issues

MAX_ROUNDS = 3
MAX_TROUBLES = 20
_END = timedelta(days=1)
"""Sentry wants an `end` with every `start`; a sender's clock may run ahead."""

Part = tuple[tuple[Event, ...], tuple[Issue, ...]]


class Sweep:
    """Gives Events and Issues in parts of at most a page, and marks in `progress` what is done.

    `troubles` are what could not be read; with any of them, the floor stays. `notes` are sentences
    for the summary.
    """

    def __init__(
        self, client: SentryClient, project: str, progress: Progress, overlap: timedelta
    ) -> None:
        self._client = client
        self._project = project
        self._progress = progress
        self._overlap = overlap
        self._began: datetime | None = None
        self._unknown = 0
        self._strikes = 0
        self.troubles: list[SentryUnreachable] = []
        self.notes: list[str] = []

    def parts(self) -> Iterator[Part]:
        """Whenever a part is asked for, `progress` claims only what the parts before it hold.

        Raises SentryUnreachable when the server seems to be gone.
        """
        for _ in range(MAX_ROUNDS):
            self._unknown = 0
            yield from self._round()
            if self.troubles:
                return
            if not self._unknown and self._began is not None:
                self._progress.end(self._began, self._overlap)
                return
        self.notes.append("New issues came in faster than they were read; the next run goes on.")

    def _round(self) -> Iterator[Part]:
        try:
            for issues in self._listing():
                yield (), issues
                for issue in issues:
                    if not self._progress.is_unchanged(issue):
                        yield from self._issue(issue)
        except SentryUnreachable as trouble:
            if not trouble.permanent or len(self.troubles) >= MAX_TROUBLES:
                raise
            self.troubles.append(trouble)

    def _listing(self) -> Iterator[tuple[Issue, ...]]:
        """The Issues seen at or after the floor, latest first, whatever their status."""
        organization = quote(self._client.organization, safe="")
        path = f"/api/0/organizations/{organization}/issues/"
        params = {"query": "", "sort": "date", "project": self._project}
        params |= self._window(self._progress.start)
        for reply in pages(self._client, path, params, "issues"):
            self._began = self._began or reply.at
            issues = parse_issues(reply.body)
            if issues is None:
                raise SentryUnreachable("Sentry's list of issues is not a list.", permanent=True)
            wanted = tuple(issue for issue in issues if self._is_wanted(issue))
            yield wanted
            if issues and not any(self._is_recent(issue) for issue in issues):
                return

    def _issue(self, issue: Issue) -> Iterator[Part]:
        known = issue.issue_id in self._progress.done
        try:
            yield from self._events(issue)
        except NotInSentry:
            self.notes.append(f"Issue {issue.issue_id} is no longer there.")
        except SentryUnreachable as trouble:
            self._strikes += not trouble.permanent
            if self._strikes > 1 or len(self.troubles) >= MAX_TROUBLES:
                raise
            self.troubles.append(trouble)
            return
        self._strikes = 0
        self._unknown += not known
        self._progress.mark_done(issue)

    def _events(self, issue: Issue) -> Iterator[Part]:
        """The Issue's Events, newest first, until a page holds none that is new enough."""
        start = self._progress.start_of(issue, self._overlap)
        path = f"/api/0/issues/{quote(issue.issue_id, safe='')}/events/"
        params = {"full": "true"} | self._window(start)
        for reply in pages(self._client, path, params, f"events of issue {issue.issue_id}"):
            origin = Origin(reply.at, project=issue.project, issue_id=issue.issue_id)
            events = tuple(parse_events(reply.body, origin))
            fresh = tuple(e for e in events if start is None or e.occurred_at >= start)
            for first in range(0, len(fresh), FULL_PAGE):
                yield fresh[first : first + FULL_PAGE], ()
            if events and not fresh:
                return

    def _window(self, start: datetime | None) -> dict[str, str]:
        if start is None:
            return {}
        end = (self._began or datetime.now(start.tzinfo)) + _END
        return {"start": f"{start:%Y-%m-%dT%H:%M:%S}", "end": f"{end:%Y-%m-%dT%H:%M:%S}"}

    def _is_wanted(self, issue: Issue) -> bool:
        """A server may ignore what it was asked for."""
        ours = self._project.lstrip("-").isdigit() or issue.project in (None, self._project)
        return ours and self._is_recent(issue)

    def _is_recent(self, issue: Issue) -> bool:
        start = self._progress.start
        return start is None or issue.last_seen is None or issue.last_seen >= start
