"""Threads that wait for a server's answers, and that nobody has to wait for.

The standard library's pool is joined at its end and again at the interpreter's: whoever interrupts
a Run would sit out the patience of every call that is under way.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")
_Task = tuple["Future[Any]", Callable[[], Any]]


class Workers:
    """At most `most` daemon threads, each started when there is work for it."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._threads: list[Thread] = []

    def close(self) -> None:
        """Let each thread end when it is done; nobody waits for that."""
        for _ in self._threads:
            self._tasks.put(None)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Its result, once there is one; work that is cancelled before its turn is not begun."""
        future: Future[T] = Future()
        self._tasks.put((future, work))
        if len(self._threads) < self._most:
            thread = Thread(target=self._run, name=self._name, daemon=True)
            self._threads.append(thread)
            thread.start()
        return future

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            future, work = task
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as error:  # it is raised where the result is asked for
                future.set_exception(error)
            del task, future, work  # what they hold may be megabytes
