"""The standard streams, usable whatever the caller gave us, and text that can be used at all."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress

from collectors.errors import UsageError


def steady_streams() -> None:
    """A closed stream is the null device; all is UTF-8, but for what a terminal is told.

    Opened in this order the null device takes the number that was closed: else the store would,
    and a library's word on stderr would go into it. A locale cannot stop a result that it has no
    letters for, and a script reads the same bytes under every one.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")  # for `checked_text`
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def let_go() -> None:
    """Write what still waits; what finds no room or reader is dropped, and decides no exit code.

    Python would try again at its end, and exit with 120.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def checked_text(text: str) -> str:
    """`text`, if neither a database nor JSON would choke on it. Raises UsageError.

    >>> checked_text("zoë")
    'zoë'
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError("What was given is not UTF-8 text.") from None
    if "\0" in text:
        raise UsageError("What was given holds a NUL, which no value has.")
    return text
