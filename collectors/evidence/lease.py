"""One `collect` at a time: a lease that dies with its process.

It is an advisory lock on a file beside the store. The operating system lets go of it when the
process ends, however it ends, so no stale lease ever has to be broken by hand.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from collectors.errors import Busy


@contextmanager
def collecting(store_file: Path | None) -> Iterator[None]:
    """Hold the lease; raises Busy at once when another process has it."""
    if store_file is None:
        yield
        return
    with store_file.with_name(f"{store_file.name}.lease").open("a") as lease:
        try:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy("Another `tombstone collect` is at work on this store.") from error
        yield
