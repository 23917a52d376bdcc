"""Tombstone's own commands, run over the demo as anybody would run them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from collectors.errors import TombstoneError
from sample_data.processes import end_with_parent

_MAIN = "from dashboard.cli import main; main()"


class CommandFailed(TombstoneError):
    """One of Tombstone's own commands did not do what the demo needs."""


def tombstone(config: Path, *arguments: str) -> None:
    """Run a command to its end; its progress shows in our own terminal."""
    done = subprocess.run(_command(arguments), env=_environment(config), check=False)
    if done.returncode != 0:
        raise CommandFailed(f"`tombstone {' '.join(arguments)}` ended with {done.returncode}.")


def start_tombstone(config: Path, log: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a command that goes on, and ends with us; its stdout is for us, the rest for `log`."""
    parent = os.getpid()
    with log.open("w") as errors:
        return subprocess.Popen(
            _command(arguments),
            env=_environment(config),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # a Ctrl-C in the terminal is for us to handle
            preexec_fn=lambda: end_with_parent(signal.SIGTERM, parent),
        )


def _command(arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-c", _MAIN, *arguments]


def _environment(config: Path) -> dict[str, str]:
    """Ours, without any setting of a real Tombstone on this machine."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("TOMBSTONE_")}
    return own | {"TOMBSTONE_CONFIG": str(config)}
