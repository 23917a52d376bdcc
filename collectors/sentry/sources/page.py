"""What every kind of source gives: pages, each one unit of work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from collectors.model import Coverage, Event, Issue

PAGE_SIZE = 100
ROWS_SIZE = 1_000
"""Light Events are a few hundred bytes each, so more of them make a page."""

Bodies = Callable[[Sequence[Event]], Iterator[Event]]
"""The same Events as their bodies tell them; one that is not to be had is left out. Raises
KeptBack, after all the others, for those that are to be asked for again."""


@dataclass(frozen=True, slots=True)
class Page:
    """At most PAGE_SIZE Events, with the Issues they belong to where the source knows them.

    cursor    what to hand to `pages` next time, once this page is stored; None: nothing to remember
    note      a sentence for the summary
    bodies    fetches the bodies of its light Events, of which a page may hold ROWS_SIZE
    coverage  how much of a project was read, once that is known
    """

    events: tuple[Event, ...] = ()
    issues: tuple[Issue, ...] = ()
    cursor: str | None = None
    note: str | None = None
    bodies: Bodies | None = None
    coverage: Coverage | None = None


class Source(Protocol):
    """Something that Events are read from."""

    @property
    def name(self) -> str:
        """The registry's word for it; the store keeps a Cursor for each."""
        ...

    def pages(self, since: datetime | None, cursor: str | None) -> Iterator[Page]:
        """What is new since `cursor`; the first time, back to `since` where the source honours it.

        Reading an Event twice is allowed, skipping one is not. Raises SentryUnreachable or
        UsageError, after the pages that could be read.
        """
        ...
