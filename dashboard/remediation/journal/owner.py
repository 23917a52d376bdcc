"""Who has something in hand: a process of a machine, and whether it is known to have ended."""

from __future__ import annotations

import os
import socket


def this_process() -> str:
    """Who we are, for whoever finds our remediation unfinished."""
    return f"{socket.gethostname()} {os.getpid()}"


def is_gone(owner: str) -> bool:
    """Whether that process is known to have ended; of another machine's nothing is known."""
    host, _, pid = owner.rpartition(" ")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it lives, as somebody else's
        return False
    return False
