"""One project of a server, read from its latest Issue down to the Cursor's floor.

While a sweep reads, an Issue that gets a new Event moves to the top of the list and may never come
up. So the list is gone through again until no Issue turns up that was not read; only then does the
floor move.

Where the server gives light rows, they are read for a page of Issues at once. A sweep whose
allowance is spent goes on listing Issues, which is cheap, to tell how much was left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from collectors.errors import NotInSentry, SentryUnreachable
from collectors.model import Coverage, Event, Issue
from collectors.sentry.allowance import Allowance
from collectors.sentry.cursor import Progress
from collectors.sentry.light import LightListing
from collectors.sentry.listing import Listing
from collectors.sentry.paging import FULL_PAGE
from collectors.sentry.tally import Tally

MAX_ROUNDS = 3
MAX_TROUBLES = 20

Part = tuple[tuple[Event, ...], tuple[Issue, ...]]


class Sweep:
    """Gives Events and Issues in parts of at most a page, and marks in `progress` what is done.

    `troubles` are what could not be read; with any of them, the floor stays. `notes` are sentences
    for the summary. `coverage` is known at the end of a backlog, and of a run that left some of it.
    """

    def __init__(
        self,
        listing: Listing,
        project: str,
        progress: Progress,
        overlap: timedelta,
        allowance: Allowance | None = None,
    ) -> None:
        self._listing = listing
        self._allowance = allowance or Allowance()
        self._tally = Tally()
        self._project = project
        self._progress = progress
        self._overlap = overlap
        self._began: datetime | None = None
        self._unknown = 0
        self._strikes = 0
        self._missed: set[str] = set()
        self.troubles: list[SentryUnreachable] = []
        self.notes: list[str] = []
        self.coverage: Coverage | None = None

    def parts(self) -> Iterator[Part]:
        """Whenever a part is asked for, `progress` claims only what the parts before it hold.

        Raises SentryUnreachable when the server seems to be gone.
        """
        for _ in range(MAX_ROUNDS):
            self._unknown = 0
            yield from self._round()
            if self.troubles:
                return
            if self._tally.left:
                self._leave()
                return
            if not self._unknown and self._began is not None:
                self._finish(self._began)
                return
        self.notes.append("New issues came in faster than they were read; the next run goes on.")

    def _leave(self) -> None:
        self._progress.behind = True
        at = self._began or datetime.now(UTC)
        self.coverage = self._tally.coverage(self._project, self._progress, at)

    def _finish(self, began: datetime) -> None:
        self.notes += [f"Issue {one} is no longer there." for one in sorted(self._missed)]
        if self._progress.floor is None or self._progress.behind:
            self.coverage = self._tally.coverage(self._project, self._progress, began)
        self._progress.end(began, self._overlap)

    def _round(self) -> Iterator[Part]:
        try:
            for issues in self._pages():
                yield (), issues
                changed = [issue for issue in issues if not self._progress.is_unchanged(issue)]
                yield from self._changed(changed)
        except SentryUnreachable as trouble:
            if not trouble.permanent or len(self.troubles) >= MAX_TROUBLES:
                raise
            self.troubles.append(trouble)

    def _changed(self, issues: Sequence[Issue]) -> Iterator[Part]:
        listing = self._listing
        if issues and isinstance(listing, LightListing) and listing.has_rows:
            yield from self._rows(listing, issues)
            if listing.has_rows:
                return
        for issue in issues:
            if self._allowance.spent:
                self._tally.left[issue.issue_id] = issue
            else:
                yield from self._issue(issue)

    def _rows(self, listing: LightListing, issues: Sequence[Issue]) -> Iterator[Part]:
        """The light Events of these Issues together, from the earliest that any of them needs.

        Where rows are not to be had, the Issues are read by themselves; so is one of which rows
        tell nothing, for an empty answer proves nothing.
        """
        starts = [self._progress.start_of(issue, self._overlap) for issue in issues]
        start = None if None in starts else min(filter(None, starts))
        try:
            yield from self._until_spent(issues, listing.rows(self._project, issues, start))
        except SentryUnreachable as lack:
            self._strikes += not lack.permanent
            listing.has_rows = False
            self.notes.append(f"No light rows, so every new event is fetched whole: {lack}")
            for issue in issues:
                self._tally.take(issue.issue_id)
            return
        self._strikes = 0
        for issue in issues:
            if issue.issue_id in self._tally.left:
                continue
            if self._tally.is_silent(issue):
                yield from self._issue(issue)
            else:
                self._done(issue)

    def _until_spent(
        self, issues: Sequence[Issue], listed: Iterator[tuple[Event, ...]]
    ) -> Iterator[Part]:
        """What is listed of these Issues, in parts; they count as left when it is not all."""
        only = issues[0].issue_id if len(issues) == 1 else None
        while not self._allowance.spent:
            events = next(listed, None)
            if events is None:
                return
            self._tally.saw(events, only)
            for first in range(0, len(events), FULL_PAGE):
                yield events[first : first + FULL_PAGE], ()
        self._tally.left.update((issue.issue_id, issue) for issue in issues)

    def _pages(self) -> Iterator[tuple[Issue, ...]]:
        """The Issues seen at or after the floor, latest first, whatever their status."""
        for page in self._listing.issues(self._project, self._progress.start):
            self._began = self._began or min(page.at, datetime.now(UTC))  # either may run ahead
            yield tuple(issue for issue in page.issues if self._is_wanted(issue))
            if page.issues and not any(self._is_recent(issue) for issue in page.issues):
                return

    def _issue(self, issue: Issue) -> Iterator[Part]:
        try:
            yield from self._until_spent([issue], self._events(issue))
        except NotInSentry:
            self._miss(issue)
            return
        except SentryUnreachable as trouble:
            self._bear(trouble)
            return
        self._strikes = 0
        self._missed.discard(issue.issue_id)
        if issue.issue_id not in self._tally.left:
            self._done(issue)

    def _miss(self, issue: Issue) -> None:
        """It was deleted or merged since it was listed; one that is listed again was not."""
        if issue.issue_id in self._missed:
            sentence = f"Sentry lists issue {issue.issue_id} and does not find its events (404)."
            self._bear(SentryUnreachable(sentence, permanent=True))
        self._missed.add(issue.issue_id)
        self._unknown += 1

    def _done(self, issue: Issue) -> None:
        self._unknown += issue.issue_id not in self._progress.done
        lags = isinstance(self._listing, LightListing) and self._tally.lags(issue)
        self._progress.mark_done(issue, self._tally.take(issue.issue_id), lags=lags)

    def _bear(self, trouble: SentryUnreachable) -> None:
        """Go on without these Issues, unless the server seems to be gone."""
        self._strikes += not trouble.permanent
        if self._strikes > 1 or len(self.troubles) >= MAX_TROUBLES:
            raise trouble
        self.troubles.append(trouble)

    def _events(self, issue: Issue) -> Iterator[tuple[Event, ...]]:
        start = self._progress.start_of(issue, self._overlap)
        if isinstance(self._listing, LightListing) and issue.issue_id in self._progress.done:
            return self._listing.recent(issue, start)
        return self._listing.events(issue, start)

    def _is_wanted(self, issue: Issue) -> bool:
        """A server may ignore what it was asked for, and lists what is no error beside errors.

        Slow queries, outages and feedback have Events of another kind, which no list of errors
        holds: read, they would be bodies for nothing; unread, they would count as missing.
        """
        ours = self._project.lstrip("-").isdigit() or issue.project in (None, self._project)
        return ours and issue.category in (None, "error") and self._is_recent(issue)

    def _is_recent(self, issue: Issue) -> bool:
        start = self._progress.start
        return start is None or issue.last_seen is None or issue.last_seen >= start
