"""The journal's head, told to whoever keeps what commands say: it lies where no store reaches.

A store that was put back from its back-up is whole in itself, and ends before the newest head.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_JOURNAL = logging.getLogger("tombstone.journal")


class _Newest(logging.Handler):
    """Keeps the last line alone: of a bulk there are hundreds."""

    said: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self.said = record.getMessage()


@contextmanager
def newest_head_told() -> Iterator[None]:
    """At the end of a command that wrote to the journal, one line on stderr says how it ends."""
    newest, level = _Newest(), _JOURNAL.level
    _JOURNAL.addHandler(newest)
    _JOURNAL.setLevel(logging.INFO)
    try:
        yield
    finally:
        _JOURNAL.removeHandler(newest)
        _JOURNAL.setLevel(level)
        if newest.said is not None:
            from dashboard.output import say

            say(newest.said)
