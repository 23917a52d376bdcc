"""A source that is swept: project by project, its Issues and their Events, in pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collectors.errors import SentryUnreachable
from collectors.model import Event, Issue
from collectors.sentry.allowance import Allowance
from collectors.sentry.cursor import Progress, read_cursor, write_cursor
from collectors.sentry.light import LightListing
from collectors.sentry.listing import Listing
from collectors.sentry.sources.page import PAGE_SIZE, ROWS_SIZE, Page
from collectors.sentry.sweep import Sweep

OVERLAP = timedelta(hours=6)
"""How late an Event may be delivered and still be found. What is known is not fetched again, so it
costs a list of ids for the Issues that grew, and nothing for the others."""


class Swept:
    """Reads the given projects of a server, or all that the token sees.

    Events that are delivered up to `overlap` after newer ones are still found.
    """

    def __init__(
        self,
        listing: Listing,
        projects: Sequence[str],
        overlap: timedelta,
        allowance: Allowance | None = None,
    ) -> None:
        self._listing = listing
        self._allowance = allowance or Allowance()
        self._projects = tuple(dict.fromkeys(projects))
        self._overlap = overlap

    def pages(self, since: datetime | None, cursor: str | None) -> Iterator[Page]:
        """What is new since `cursor`. `since` bounds the first look, or widens an earlier one."""
        kept = read_cursor(cursor)
        projects = self._projects or self._listing.projects()
        progress = {name: kept.get(name, Progress()).asked_from(since) for name in projects}
        troubles: list[SentryUnreachable] = []
        for project in projects:
            yield from self._first(project, progress, kept)
            sweep = self._sweep(self._listing, project, progress[project])
            yield from self._packed(sweep, progress)
            troubles += sweep.troubles
        raise_all(troubles)

    def _first(
        self,
        _project: str,
        _progress: dict[str, Progress],
        _kept: Mapping[str, Progress],
    ) -> Iterator[Page]:
        """What is read before the rest of a project: nothing."""
        return iter(())

    def _sweep(self, listing: Listing, project: str, progress: Progress) -> Sweep:
        return Sweep(listing, project, progress, self._overlap, self._allowance)

    def _packed(self, sweep: Sweep, progress: dict[str, Progress]) -> Iterator[Page]:
        """Small parts together in one page, for a page is what is looked up and stored at once.

        A page is closed when the part after it has arrived, so its Cursor claims nothing that it
        does not hold.
        """
        gathered = _Gathered()
        gone: SentryUnreachable | None = None
        try:
            for events, issues in sweep.parts():
                room = min(gathered.room, self._allowance.left)
                if gathered.events and len(gathered.events) + len(events) > room:
                    yield self._page(gathered, sweep, progress)
                    gathered = _Gathered()
                gathered.events += events
                gathered.issues.update((issue.issue_id, issue) for issue in issues)
        except SentryUnreachable as error:
            gone = error
        yield self._page(gathered, sweep, progress)
        if gone:
            raise gone

    def _page(self, gathered: _Gathered, sweep: Sweep, progress: dict[str, Progress]) -> Page:
        note = " ".join(sweep.notes) or None
        sweep.notes.clear()
        return Page(
            tuple(gathered.events),
            tuple(gathered.issues.values()),
            write_cursor(progress),
            note,
            self._listing.bodies if isinstance(self._listing, LightListing) else None,
            sweep.coverage,
        )


def raise_all(troubles: Sequence[SentryUnreachable]) -> None:
    """Raises SentryUnreachable with each of their sentences once, if there are any."""
    if troubles:
        sentences = dict.fromkeys(str(trouble) for trouble in troubles)
        raise SentryUnreachable(
            " ".join(sentences), permanent=all(trouble.permanent for trouble in troubles)
        )


@dataclass
class _Gathered:
    events: list[Event] = field(default_factory=list)
    issues: dict[str, Issue] = field(default_factory=dict)

    @property
    def room(self) -> int:
        return ROWS_SIZE if all(event.light for event in self.events) else PAGE_SIZE
