"""The local Sentry as a process of its own, started and stopped from Python."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from collectors.errors import TombstoneError
from sample_data.processes import stop
from sample_data.sentry.address import Address


class LocalSentryUnavailable(TombstoneError):
    """It did not start; the sentence says why."""


class LocalSentry:
    """A running local Sentry; `stop()` ends it, and leaving a `with` block does too.

    `address` is where it is. The folder keeps the port, keys and tokens, so a later start on it
    answers as the same server.
    """

    def __init__(self, process: subprocess.Popen[bytes], address: Address) -> None:
        self._process = process
        self.address = address

    @classmethod
    def start(
        cls, data: Path | None, *, port: int | None = None, projects: Sequence[str] = ("api",)
    ) -> LocalSentry:
        """Start it on that folder (None: in memory) and wait until it answers.

        Raises LocalSentryUnavailable; also when called outside the main thread, with which it
        would end.
        """
        if threading.current_thread() is not threading.main_thread():
            raise LocalSentryUnavailable("Start the local Sentry from the main thread.")
        command = [sys.executable, "-m", "sample_data.sentry", "--parent", str(os.getpid())]
        command += ["--data", str(data)] if data else []
        command += ["--port", str(port)] if port else []
        command += [part for project in projects for part in ("--project", project)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            process.stdout.close()
            process.wait()
            raise LocalSentryUnavailable("The local Sentry did not start; see its message above.")
        sentry = cls(process, msgspec.json.decode(line, type=Address))
        atexit.register(sentry.stop)
        return sentry

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """Ask it to end, and wait. Doing it twice is harmless."""
        stop(self._process)
        atexit.unregister(self.stop)

    def __enter__(self) -> LocalSentry:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
