"""One `collect` at a time: a lease that dies with its process.

It is an advisory lock on a file beside the store. The operating system lets go of it when the
process ends, however it ends, so no stale lease ever has to be broken by hand.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from collectors.errors import Busy, SettingsError

PATIENCE_S = 10.0
"""A Run with nothing new takes less: waiting for it beats failing."""


@contextmanager
def collecting(store_file: Path | None, *, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Hold the lease; raises Busy when another process keeps it for longer than that.

    Raises SettingsError where its file cannot be written.
    """
    if store_file is None:
        yield
        return
    with _opened(store_file.with_name(f"{store_file.name}.lease")) as lease:
        deadline = time.monotonic() + patience_s
        while not _taken(lease.fileno()):
            if time.monotonic() > deadline:
                raise Busy("Another `tombstone collect` is at work on this store.")
            time.sleep(0.1)
        yield


def _opened(file: Path) -> IO[bytes]:
    try:
        return os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "rb")
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}.") from error


def _taken(lease: int) -> bool:
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
