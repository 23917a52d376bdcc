"""The sandbox as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from collectors.errors import TombstoneError
from sample_data.api.settings import Settings
from sample_data.processes import end_with_parent, stop

_PATIENCE_SECONDS = 20.0


class ApiUnavailable(TombstoneError):
    """The sandbox did not start; the text says where its own words are."""


@dataclass(slots=True)
class ApiProcess:
    """A running sandbox at `url`.

    The data folder holds its log, its settings (mode 0600), and its port, which it gets again at a
    later start if nobody else has it.
    """

    url: str
    process: subprocess.Popen[str]

    @classmethod
    def start(cls, settings: Settings, data: Path) -> ApiProcess:
        """Start it from the main thread, with which it ends, and wait until it answers."""
        parent = os.getpid()
        file = data / "api.json"
        _with_last_port(settings, data).write(file)
        with (data / "api.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "sample_data.api", str(file)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # a Ctrl-C in the terminal is for us to handle
                preexec_fn=lambda: end_with_parent(signal.SIGTERM, parent),
            )
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            process.stdout.close()
            process.wait()
            raise ApiUnavailable(f"The sandbox API did not start; {data / 'api.log'} says why.")
        url: str = json.loads(line)["api"]
        (data / "api.port").write_text(url.rpartition(":")[2])
        return cls(url, process)

    def stop(self) -> None:
        """Let it finish its requests and tell Sentry everything; then it ends."""
        stop(self.process, _PATIENCE_SECONDS)

    def __enter__(self) -> ApiProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _with_last_port(settings: Settings, data: Path) -> Settings:
    kept = data / "api.port"
    if settings.port or not kept.exists():
        return settings
    port = int(kept.read_text())
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return settings
    return replace(settings, port=port)
