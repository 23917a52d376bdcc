"""Processes that end with whoever started them, and pids that still belong to whom we think."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_PROC = Path("/proc")
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with_parent(signal_number: int, parent: int) -> None:
    """Have the kernel send this process `signal_number` when the thread that started it ends.

    Linux only; elsewhere it does nothing. `parent` is the pid that is expected to be the parent: if
    it has gone already, this process ends at once. A change of user clears the setting, so it
    must be called after that (`Popen` runs `preexec_fn` last, which is right).
    """
    if _LIBC is None:
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def command_of(pid: int) -> list[str]:
    """The command line of a running process; empty when there is none, or only a zombie."""
    if _PROC.is_dir():
        try:
            raw = (_PROC / str(pid) / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return []
        return [os.fsdecode(part) for part in raw.split(b"\0") if part]
    shown = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.split()


def wait_until_gone(pid: int, command: list[str], seconds: float) -> bool:
    """Whether the process of that pid and command line ended within that time."""
    deadline = time.monotonic() + seconds
    while command_of(pid) == command:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def stop(process: subprocess.Popen[Any], seconds: float = 5.0) -> None:
    """Ask it to end and wait; after that time, end it. Doing it twice is harmless."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
