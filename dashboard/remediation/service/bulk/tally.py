"""How far the lanes of a bulk have come between them, and whether another batch may begin."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

ENOUGH_TO_JUDGE = 20
"""Rows. Before that many were tried, a share of refused ones says nothing."""


@dataclass
class Tally:
    """How far it came, and whether it should go on."""

    rows: int
    tried: int = 0
    refused: int = 0
    stopped: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, tried: int, refused: int, stop_percent: int) -> int:
        """Count a batch; too many refused ones stop the rest. Rows dealt with so far."""
        with self.lock:
            self.tried += tried
            self.refused += refused
            share = 100 * self.refused
            if self.tried >= ENOUGH_TO_JUDGE and share > stop_percent * self.tried:
                self.stopped = (
                    f"It stopped by itself: {self.refused:,} of {self.tried:,} rows were refused, "
                    f"more than {stop_percent} in a hundred."
                )
            return self.tried

    def next_of(self, waiting: Iterator[T]) -> T | None:
        """The next one for whichever lane asks; None when none is left, or none is to begin."""
        with self.lock:
            return None if self.stopped else next(waiting, None)
