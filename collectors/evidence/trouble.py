"""What SQLite says when the store cannot be read or written: its words, and whose fault it is."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

_OF_THE_FILE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)
"""Primary result codes that tell of the file and its disk (https://www.sqlite.org/rescode.html).
Every other one, a missing table for example, is a fault of our own."""


def store_trouble(error: BaseException) -> str | None:
    """What SQLite says of the file (locked, full, damaged), None for an error that is our own."""
    return store_says(error) if _code(getattr(error, "orig", None)) in _OF_THE_FILE else None


def store_says(error: BaseException) -> str:
    """The first line of what SQLite, or the operating system, says of an error."""
    origin = getattr(error, "orig", None) or error
    said = str(getattr(origin, "strerror", None) or origin).partition("\n")[0]
    # A log or an index of it that cannot grow is told as a fault of the disk.
    return (
        f"its disk is full, or at fault ({said})" if _code(origin) == sqlite3.SQLITE_IOERR else said
    )


def unwritable(file: Path) -> Iterator[Path]:
    """The store's file and its folder, where this user may not write them.

    SQLite keeps its log beside the file, and names neither when it may not.
    """
    for place in (file, file.parent):
        if place.exists() and not os.access(place, os.W_OK, effective_ids=True):
            yield place


def _code(origin: BaseException | None) -> int:
    return int(getattr(origin, "sqlite_errorcode", 0)) & 0xFF
