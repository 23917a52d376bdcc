"""Sentry's Web API: per project the Issues, latest first, and of each the Events that are new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from collectors.errors import SentryUnreachable
from collectors.sentry.allowance import Allowance
from collectors.sentry.client import SentryClient
from collectors.sentry.cursor import Progress, read_cursor
from collectors.sentry.light import LightListing
from collectors.sentry.sources.page import Page
from collectors.sentry.sources.swept import OVERLAP, Swept, raise_all


class WebApi(Swept):
    """Reads the given projects (ids or slugs), or all that the token sees.

    Its Events are light where the server has rows; their pages fetch the bodies on demand. Without
    `light` every body is read.

    While a project has a backlog that one Run does not get through, what the `searches` find in it
    is read first, and then the rest, since a search may miss something. With `only_searches`
    nothing else is read.
    """

    name = "sentry"

    def __init__(
        self,
        client: SentryClient,
        projects: Sequence[str] = (),
        *,
        overlap: timedelta = OVERLAP,
        allowance: Allowance | None = None,
        light: bool = True,
        searches: Sequence[str] = (),
        only_searches: bool = False,
    ) -> None:
        self.client = client
        self._whole = LightListing(client, has_rows=light)
        self._searches = tuple(searches)
        self._only_searches = only_searches
        super().__init__(self._whole, projects, overlap, allowance)

    def pages(self, since: datetime | None, cursor: str | None) -> Iterator[Page]:
        """What is new since `cursor`. `since` bounds the first look, or widens an earlier one."""
        if not self._only_searches:
            yield from super().pages(since, cursor)
            return
        kept = read_cursor(cursor)
        projects = self._projects or self._listing.projects()
        names = [(project, query) for project in projects for query in self._searches]
        progress = {
            f"{project} {query}": kept.get(f"{project} {query}", Progress()).asked_from(since)
            for project, query in names
        }
        troubles: list[SentryUnreachable] = []
        for project, query in names:
            found: list[SentryUnreachable] = []
            yield from self._searched(project, query, progress, found)
            troubles += [
                SentryUnreachable(f"The search {query}: {one}", permanent=one.permanent)
                for one in found
            ]
        raise_all(troubles)

    def _first(
        self, project: str, progress: dict[str, Progress], kept: Mapping[str, Progress]
    ) -> Iterator[Page]:
        """By rows alone: bodies would have to be fetched again with the rest."""
        since = progress[project].since
        for query in self._searches if progress[project].behind else ():
            if not self._whole.has_rows:
                return
            name = f"{project} {query}"
            progress[name] = kept.get(name, Progress()).asked_from(since)
            refused: list[SentryUnreachable] = []
            for page in self._searched(project, query, progress, refused):
                yield replace(page, coverage=None)
            if refused:
                yield Page(note=f"The search {query} was passed over: {refused[0]}")

    def _searched(
        self,
        project: str,
        query: str,
        progress: dict[str, Progress],
        troubles: list[SentryUnreachable],
    ) -> Iterator[Page]:
        """The Events of the Issues that a search finds."""
        listing = self._whole.searching(query)
        sweep = self._sweep(listing, project, progress[f"{project} {query}"])
        for page in self._packed(sweep, progress):
            named = page.coverage and replace(page.coverage, project=f"{project} {query}")
            yield replace(page, coverage=named)
        self._whole.has_rows = listing.has_rows
        troubles += sweep.troubles
