"""Stories run side by side, yet none may act after a deploy before that deploy has happened."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from sample_data.scenario.timeline import Deploy


class Gate:
    """Holds each story at the next deploy until all are there (or have ended); then deploys."""

    def __init__(
        self, deploys: Sequence[Deploy], run: Callable[[Deploy], Awaitable[None]], stories: int
    ) -> None:
        self._ahead = list(deploys)
        self._run = run
        self._stories = stories
        self._waiting = 0
        self._all_here = asyncio.Event()
        self._opened = asyncio.Event()

    async def reach(self, moment: datetime) -> None:
        """Return once every deploy before `moment` has happened; a story waits once at a time."""
        while self._ahead and self._ahead[0].at <= moment:
            opened = self._opened
            self._waiting += 1
            self._look()
            await opened.wait()

    def leave(self) -> None:
        """A story has ended."""
        self._stories -= 1
        self._look()

    async def keep(self) -> None:
        """Deploy one after the other, each when nothing is left to do before it."""
        self._look()
        while self._ahead:
            await self._all_here.wait()
            self._all_here.clear()
            await self._run(self._ahead[0])
            del self._ahead[0]
            self._waiting = 0
            self._opened.set()
            self._opened = asyncio.Event()
            self._look()

    def _look(self) -> None:
        if self._waiting == self._stories:
            self._all_here.set()
