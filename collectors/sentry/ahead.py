"""The next page is on its way while the last one is judged and stored.

Fetching and unpacking is half the work of a page of bodies, and waits for nobody's memory: a page
is asked for once the one before it was read into Events, so no two of them are held.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial

from collectors.sentry.client import Reply
from collectors.sentry.workers import Workers


class Ahead:
    """Pages of one list; whoever takes one says by `go_on` that the next will be wanted, too."""

    def __init__(self, replies: Iterator[Reply]) -> None:
        self._replies = replies
        self._worker = Workers(1, "sentry-ahead")
        self._coming: Future[Reply | None] | None = None

    def close(self) -> None:
        """What is on its way is left to itself."""
        self._worker.close()

    def go_on(self) -> None:
        """Ask for the next page now."""
        self._coming = self._worker.submit(partial(next, self._replies, None))

    def take(self) -> Reply | None:
        """The next page, None after the last. Raises SentryUnreachable as its list does."""
        coming, self._coming = self._coming, None
        return coming.result() if coming else next(self._replies, None)
