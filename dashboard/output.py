"""How the command line says things: JSON whose names stay, and tables for people.

JSON has every key, `null` for what is not known; times are RFC 3339 in UTC with `Z`. Text that came
from outside loses its control characters before it reaches a terminal.

Whether anybody listens changes neither what is done nor the exit code: what is written for a reader
who has gone is dropped. A result that cannot be written for another reason is a UsageError.
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from collectors.errors import UsageError
from collectors.evidence.reads.conflicts import ConflictRow
from collectors.evidence.reads.failures import FailureRow
from collectors.model import RowRef

_PIPED_WIDTH = 240
_LINE_ENDS = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}
_WHOLE = frozenset({"ID", "CONFLICT", "REMEDIATION"})
"""Columns that are copied into another command: cut short they are worth nothing."""


class _Console(Console):
    """One whose reader may go: Rich would end the process, and with it what is being done."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


out = _Console(
    highlight=False,
    markup=False,
    emoji=False,
    width=None if sys.stdout.isatty() else _PIPED_WIDTH,
)
err = _Console(stderr=True, highlight=False, markup=False, emoji=False)


def say(sentence: str) -> None:
    """A line of progress, summary or warning: to stderr, if it takes one."""
    with suppress(OSError):
        err.print(plain(sentence), soft_wrap=True)


@contextmanager
def working(what: str) -> Iterator[Callable[[str], None]]:
    """A moving line with the time so far while something takes long, on a terminal only.

    Yields what says something else there.
    """
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what)
        yield lambda sentence: bar.update(task, description=sentence)


def tell(sentence: str) -> None:
    """A line of the result for people, on stdout."""
    with _writing():
        out.print(plain(sentence), soft_wrap=True)


def write(text: str) -> None:
    """A document, or a part of one, on stdout as it is."""
    with _writing():
        sys.stdout.write(text)
        sys.stdout.flush()


def print_json(value: Any) -> None:
    """One JSON document on one line of stdout."""
    write(_line(value))


def print_json_list(values: Iterable[Any]) -> None:
    """One JSON list on one line of stdout, written as it is read."""
    before = "["
    for value in values:
        with _writing() as heard:
            sys.stdout.write(before + _line(value).removesuffix("\n"))
        if not heard:
            return
        before = ", "
    write("]\n" if before == ", " else "[]\n")


def print_json_lines(values: Iterable[Any]) -> None:
    """One document a line; a reader who has gone is told no more of them."""
    for value in values:
        with _writing() as heard:
            sys.stdout.write(_line(value))
        if not heard:
            return
    write("")


def _line(value: Any) -> str:
    r"""A document on what any reader takes for one line.

    Half of a surrogate pair, which no encoding has, and Unicode's line ends are escaped.

    >>> print(_line({"é": "\ud800"}), end="")
    {"é": "\ud800"}
    """
    text = json.dumps(value, ensure_ascii=False).translate(_LINE_ENDS) + "\n"
    return text.encode("utf-8", errors="backslashreplace").decode()


@contextmanager
def _writing() -> Iterator[list[bool]]:
    """Yields a list that is empty afterwards if the reader has gone."""
    heard = [True]
    try:
        yield heard
    except BrokenPipeError:
        _nobody_reads()
        heard.clear()
    except OSError as error:
        _nobody_reads()
        raise UsageError(f"Standard output cannot be written: {error.strerror}.") from error


def _nobody_reads() -> None:
    """What is written from now on, and what waits to be, goes nowhere."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for people on stdout; on a narrow terminal its columns fold, and nothing is cut."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading in _WHOLE)
    for row in rows:
        table.add_row(*(Text(plain(_shown(cell))) for cell in row))
    with _writing():
        out.print(table)


def plain(text: str) -> str:
    r"""`text` without control, format and bidi characters, which could drive a terminal.

    >>> plain("a\x1b[31mb\u202ec")
    'a[31mbc'
    """
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c)[0] != "C")


def rfc3339(moment: datetime | None) -> str | None:
    """A time as JSON has it.

    >>> rfc3339(datetime(2026, 11, 22, 9, 30, tzinfo=UTC))
    '2026-11-22T09:30:00.000000Z'
    """
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def row_json(row: RowRef | None) -> dict[str, Any] | None:
    """A blocker or candidate."""
    if row is None:
        return None
    return {"table": row.table, "id": row.id, "deleted_at": rfc3339(row.deleted_at)}


def failure_json(failure: FailureRow) -> dict[str, Any]:
    """One line of `failures --json`."""
    return {
        "event_id": failure.event_id,
        "environment": failure.environment,
        "occurred_at": rfc3339(failure.occurred_at),
        "operation": failure.operation,
        "transaction": failure.transaction,
        "release": failure.release,
        "issue_id": failure.issue_id,
        "verdict": failure.verdict,
        "confidence": failure.confidence,
        "reasons": list(failure.reasons),
        "constraint": failure.constraint,
        "table": failure.table,
        "blocker": row_json(failure.blocker),
        "candidates": [row_json(row) for row in failure.candidates],
        "conflict_id": failure.conflict_id,
    }


def conflict_json(conflict: ConflictRow) -> dict[str, Any]:
    """One element of `conflicts --json`."""
    return {
        "id": conflict.id,
        "environment": conflict.environment,
        "table": conflict.table,
        "constraint": conflict.constraint,
        "columns": list(conflict.columns),
        "verdict": conflict.verdict,
        "confidence": conflict.confidence,
        "blocker": row_json(conflict.blocker),
        "failures": conflict.failures,
        "first_seen": rfc3339(conflict.first_seen),
        "last_seen": rfc3339(conflict.last_seen),
        "organization_id": conflict.organization_id,
        "masked_key": list(conflict.masked_key),
    }


def _shown(cell: object) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return str(cell)
