"""Files of event JSON: bodies as the SDK sends them or as a server's API answers them.

One body a file, a list, envelopes, or one a line, packed with gzip or not; a folder is read with
all below it, `-` is standard input. The Cursor is not used, and reading a file again changes
nothing, since Events are known by their id.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from collectors.errors import UsageError
from collectors.model import Event
from collectors.model.counted import counted
from collectors.sentry.parse import MAX_EVENT_BYTES, Origin, is_header, parse_events
from collectors.sentry.sources.page import PAGE_SIZE, Page

SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".envelope"})
"""What is read of a folder, besides files that begin like JSON; a file named by itself is read
whatever its name."""
LINES = frozenset({".jsonl", ".ndjson"})
"""Those of one event a line: of no lines, they hold no event, while a blank file of one event is a
damaged one."""
MAX_WHOLE_BYTES = 512_000_000
"""A larger file is read only when it has one event a line."""
MAX_LINE_BYTES = MAX_EVENT_BYTES + 1

_GZIP = b"\x1f\x8b"
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?[\s\[]*(?:\{\s*(?:[\"}]|\Z)|\Z)")
"""An object or a list of them begins; `[core]` of a settings file is none."""
_Y2K = datetime(2000, 1, 1, tzinfo=UTC)


class Files:
    """Reads the named files, in their order, a folder's by name."""

    name = "files"

    def __init__(self, paths: Sequence[str], *, stdin: BinaryIO | None = None) -> None:
        self._paths = tuple(paths)
        self._stdin = stdin

    def pages(self, since: datetime | None, cursor: str | None) -> Iterator[Page]:  # noqa: ARG002
        """Every Event of every file, from `since` on; one without a time has its file's.

        Raises UsageError, before any page, for a path that is not there.
        """
        for path in self._paths:
            if path != "-":
                _look_for(path)
        events, earlier = self._events(), 0
        while some := tuple(islice(events, PAGE_SIZE)):
            kept = tuple(event for event in some if since is None or event.occurred_at >= since)
            earlier += len(some) - len(kept)
            yield Page(kept)
        if since is not None and earlier:
            passed = counted(earlier, "Event")
            yield Page(note=f"Passed over {passed} from before {since:%Y-%m-%d %H:%M} UTC.")

    def _events(self) -> Iterator[Event]:
        for path in self._paths:
            if path == "-":
                origin = Origin(datetime.now(UTC))
                stream = self._stdin or sys.stdin.buffer
                yield from _read_unpacked(stream, origin, "The input", may_be_blank=True)
                continue
            for file in _files_of(Path(path)):
                yield from _read_file(file)


def read_stream(stream: BinaryIO, origin: Origin, *, may_be_blank: bool) -> Iterator[Event]:
    """The Events of one file; line by line, where its first line is an event by itself."""
    first = stream.readline(MAX_LINE_BYTES)
    if _is_body(first):
        yield from _read_lines(first, stream, origin)
        return
    rest = stream.read(MAX_WHOLE_BYTES)
    if len(rest) == MAX_WHOLE_BYTES:
        raise UsageError(f"A file over {MAX_WHOLE_BYTES:,} bytes must have one event a line.")
    whole = first + rest
    if not (may_be_blank and (not whole or whole.isspace())):
        yield from parse_events(whole, origin)


def _read_unpacked(
    stream: BinaryIO, origin: Origin, name: str, *, may_be_blank: bool
) -> Iterator[Event]:
    """A stream that may be packed with gzip. Raises UsageError where that is cut."""
    if not (isinstance(stream, BufferedReader) and stream.peek(2).startswith(_GZIP)):
        yield from read_stream(stream, origin, may_be_blank=may_be_blank)
        return
    unpacked = cast("BinaryIO", gzip.GzipFile(fileobj=stream))
    try:
        yield from read_stream(unpacked, origin, may_be_blank=may_be_blank)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UsageError(f"{name} is packed with gzip, and cut or damaged.") from error


def _read_lines(line: bytes, stream: BinaryIO, origin: Origin) -> Iterator[Event]:
    while line:
        if line.strip():
            yield from parse_events(line, origin)
        while line and not line.endswith(b"\n"):  # the rest of one that was refused for its length
            line = stream.readline(MAX_LINE_BYTES)
        line = stream.readline(MAX_LINE_BYTES)


def _is_body(line: bytes) -> bool:
    """A whole JSON object that is no envelope's header."""
    try:
        return isinstance(json.loads(line), dict) and not is_header(line)
    except (ValueError, RecursionError):
        return False


def _read_file(file: Path) -> Iterator[Event]:
    now = datetime.now(UTC)
    try:
        with file.open("rb") as stream:
            written = datetime.fromtimestamp(os.fstat(stream.fileno()).st_mtime, UTC)
            received_at = written if _Y2K < written < now else now
            origin, of_lines = Origin(received_at, now=now), _suffix(file) in LINES
            yield from _read_unpacked(stream, origin, str(file), may_be_blank=of_lines)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error


def _files_of(path: Path) -> Iterable[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in _below(path) if file.is_file() and _may_hold_events(file))


def _below(folder: Path) -> Iterator[Path]:
    """Whatever is not hidden. Raises UsageError for a folder in it that cannot be read."""
    for where, folders, names in os.walk(folder, onerror=_unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(where, name) for name in names if not name.startswith("."))


def _unreadable(error: OSError) -> None:
    raise UsageError(f"{error.filename} cannot be read: {error.strerror}.") from error


def _look_for(path: str) -> None:
    try:
        os.stat(path)
    except OSError as error:
        _unreadable(error)


def _may_hold_events(file: Path) -> bool:
    if _suffix(file) in SUFFIXES:
        return True
    try:
        with file.open("rb") as opened:
            return _JSON.match(opened.read(64)) is not None
    except OSError:
        return True  # reading it will say why it cannot be read


def _suffix(file: Path) -> str:
    """Of what is in it, packed or not."""
    plain = file.with_suffix("") if file.suffix.lower() == ".gz" else file
    return plain.suffix.lower()
