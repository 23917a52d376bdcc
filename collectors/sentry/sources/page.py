"""What every kind of source gives: pages, each one unit of work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from collectors.model import Event, Issue

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """At most PAGE_SIZE Events, with the Issues they belong to where the source knows them.

    cursor  what to hand to `pages` next time, once this page is stored; None: nothing to remember
    note    a sentence for the summary
    """

    events: tuple[Event, ...] = ()
    issues: tuple[Issue, ...] = ()
    cursor: str | None = None
    note: str | None = None


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
