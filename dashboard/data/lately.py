"""The questions that were asked last: what is worth having answers ready for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Any, TypeAlias

AT_MOST = 100

Asked: TypeAlias = tuple[Callable[..., Any], tuple[Any, ...]]
"""A question to the store, and what it is about."""


class Lately:
    """The AT_MOST questions that were asked last, of all sessions. Safe among threads."""

    def __init__(self) -> None:
        self._asked: OrderedDict[Asked, float] = OrderedDict()
        self._lock = Lock()

    def note(self, question: Callable[..., Any], about: tuple[Any, ...]) -> None:
        """It was asked just now."""
        with self._lock:
            self._asked[question, about] = monotonic()
            self._asked.move_to_end((question, about))
            while len(self._asked) > AT_MOST:
                self._asked.popitem(last=False)

    def since(self, seconds: float) -> list[Asked]:
        """Those asked in the last so many seconds."""
        with self._lock:
            return [asked for asked, at in self._asked.items() if monotonic() - at < seconds]
