"""Who may ask now: so many at once, and nobody before the server wants it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from collectors.sentry.limits import at_once_after, pause_after
from collectors.sentry.refusals import Passing


class Gate:
    """One for all the threads that ask the same server with the same token.

    `at_once` is the most that we allow ourselves; what the server announces makes it narrower for
    as long as it says so.
    """

    def __init__(self, at_once: int) -> None:
        self._most = self._allowed = at_once
        self._running = 0
        self._free_at = 0.0
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, deadline: float) -> Iterator[None]:
        """Wait for a turn, and hold it. Raises Passing when none comes before the deadline."""
        with self._changed:
            while (wait := self._wait(deadline)) > 0:
                self._changed.wait(wait)
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def hear(self, headers: Mapping[str, str], now: datetime) -> None:
        """What an answer says of the next ones."""
        with self._changed:
            free_at = time.monotonic() + pause_after(headers, now)
            self._free_at = max(self._free_at, free_at)
            self._allowed = at_once_after(headers, self._running, self._most)
            self._changed.notify_all()

    def _wait(self, deadline: float) -> float:
        """The seconds to wait before looking again; 0: it is our turn."""
        now = time.monotonic()
        if self._free_at > deadline:
            sentence = "Sentry's rate limit is used up for longer than is waited for."
            raise Passing(sentence, self._free_at - now)
        if self._free_at > now:
            return self._free_at - now
        if self._running < self._allowed:
            return 0.0
        if now >= deadline:
            raise Passing("Sentry takes no more calls at once just now.", None)
        return deadline - now
