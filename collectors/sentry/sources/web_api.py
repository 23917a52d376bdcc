"""Sentry's Web API: per project the Issues, latest first, and of each the Events that are new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from collectors.errors import SentryUnreachable
from collectors.model import Event, Issue
from collectors.sentry.client import SentryClient
from collectors.sentry.cursor import Progress, read_cursor, write_cursor
from collectors.sentry.sources.page import PAGE_SIZE, Page
from collectors.sentry.sweep import Sweep

ALL_PROJECTS = "-1"
"""What Sentry calls every project that the token sees."""
OVERLAP = timedelta(minutes=10)


class WebApi:
    """Reads the given projects (ids or slugs), or all that the token sees.

    Events that are delivered up to `overlap` after newer ones are still found.
    """

    name = "sentry"

    def __init__(
        self, client: SentryClient, projects: Sequence[str] = (), *, overlap: timedelta = OVERLAP
    ) -> None:
        self._client = client
        self._projects = tuple(dict.fromkeys(projects)) or (ALL_PROJECTS,)
        self._overlap = overlap

    def pages(self, since: datetime | None, cursor: str | None) -> Iterator[Page]:
        """What is new since `cursor`. `since` bounds the first look, or widens an earlier one."""
        kept = read_cursor(cursor)
        progress = {name: kept.get(name, Progress()).asked_from(since) for name in self._projects}
        troubles: list[SentryUnreachable] = []
        for project in self._projects:
            sweep = Sweep(self._client, project, progress[project], self._overlap)
            yield from _packed(sweep, progress)
            troubles += sweep.troubles
        if troubles:
            sentences = dict.fromkeys(str(trouble) for trouble in troubles)
            raise SentryUnreachable(
                " ".join(sentences), permanent=all(trouble.permanent for trouble in troubles)
            )


def _packed(sweep: Sweep, progress: dict[str, Progress]) -> Iterator[Page]:
    """Small parts together in one page, for a page is what is looked up and stored at once.

    A page is closed when the part after it has arrived, so its Cursor claims nothing that it does
    not hold.
    """
    events: list[Event] = []
    issues: dict[str, Issue] = {}
    gone: SentryUnreachable | None = None
    try:
        for more_events, more_issues in sweep.parts():
            if events and len(events) + len(more_events) > PAGE_SIZE:
                yield _page(events, issues, sweep, progress)
            events += more_events
            issues.update((issue.issue_id, issue) for issue in more_issues)
    except SentryUnreachable as error:
        gone = error
    yield _page(events, issues, sweep, progress)
    if gone:
        raise gone


def _page(
    events: list[Event], issues: dict[str, Issue], sweep: Sweep, progress: dict[str, Progress]
) -> Page:
    """A page of what was gathered, which is then cleared."""
    note = " ".join(sweep.notes) or None
    page = Page(tuple(events), tuple(issues.values()), write_cursor(progress), note)
    events.clear()
    issues.clear()
    sweep.notes.clear()
    return page
