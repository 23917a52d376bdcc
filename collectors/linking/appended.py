"""The failed statement as wrappers put it into an error's text, with its parameters.

Most append it; Knex and MikroORM begin with it, and JDBC with the failed one of a batch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice, takewhile

from collectors.linking import hidden
from collectors.linking.literals import UNKNOWN, Tree, read_at
from collectors.linking.phrases import NAMED_AFTER, NAMED_BEFORE
from collectors.linking.statement import LONGEST, Statement, read_statement

_TAIL = re.compile(
    r"\[SQL: |\bFailed query: |\bSQL:? \[|\bSQL: |\bThe SQL being executed was: |\bSTATEMENT:  ?"
    r"|\[rows:[-\d]{1,12}\] "
)
_BATCHED = re.compile(r"\bBatch entry \d{1,6} (?=\w)")
_BATCHED_END = re.compile(r"'(?:[^']|'')*+'|\"[^\"]*+\"|( was aborted: )")
_TAIL_SIGNS = ("[rows:", "SQL: ", "SQL [", "Failed query: ", "executed was: ", "STATEMENT: ")
WRITES = (
    r"(?=insert\s+into\s+[\w.\"$\\]{1,200}\s{0,8}(?:\(|default\b)"
    r"|update\s+(?:only\s+)?[\w.\"$\\]{1,200}\s+(?:as\s+[\w\"\\]{1,128}\s+)?set\s"
    r"|delete\s+from\s+[\w.\"$\\]{1,200}\s+(?:where|using)\s|with\s+[\w\"\\]{1,128}\s+as\s{1,8}\()"
)
"""Where a statement begins that no prose begins with, in a JSON text as well."""

_HEAD = re.compile(rf"\A(?:[^\n'\"]{{0,160}}?\s)?{WRITES}", re.IGNORECASE)
_HEAD_END = re.compile(
    rf"'(?:[^']|'')*+'|\"[^\"]*+\"|( - )(?=\S)|({'|'.join((*NAMED_AFTER, *NAMED_BEFORE))})"
)
"""The dash; or the server's own words, behind which a dash is a value's."""

_PARAMETERS = re.compile(r"\]?\n\[parameters: |\nparams: ")
_AFTER_PARAMETERS = re.compile(
    r"\s{0,8}\Z|\n\s{0,8}(?:at |\.\.\. |cause\b|\[cause\]|Caused by"
    r"|[\w.]{0,80}(?:Error|error|Exception): )"
)
_PIECE = re.compile(r"\A\s|\s\Z|[\[\]{}()\"'\n]")
_CUT_OFF = "..."
_TAILS_READ = 4


def head(text: str) -> tuple[int, int] | None:
    """From where to where `text` quotes a statement before the error: `insert … - duplicate key …`.

    Knex and MikroORM do, with the values in it or with placeholders.
    """
    start = _HEAD.match(text) if " - " in text else None
    if start is None:
        return None
    end = before_error(text, start.end())
    return None if end is None else (start.end(), end)


def before_error(text: str, position: int) -> int | None:
    """Where the statement at `position` ends, if ` - ` and its error follow."""
    return _end(text, position, _HEAD_END)


def _end(text: str, position: int, ends: re.Pattern[str]) -> int | None:
    """Where the words come that end the statement, outside of its literals.

    They are the first group; where another one comes before, nothing here ends it.
    """
    found = ends.finditer(text, position, position + LONGEST)
    end = next((match for match in found if match.lastindex), None)
    return end.start() if end is not None and end[1] else None


def _batched(text: str) -> Statement | None:
    """The failed entry of a batch: JDBC writes its values into it, and several only as one."""
    start = _BATCHED.search(text) if "Batch entry " in text else None
    end = _end(text, start.end(), _BATCHED_END) if start else None
    return read_statement(text[start.end() : end]) if start and end else None


@lru_cache(maxsize=8)
def tails(text: str) -> tuple[tuple[Statement, Tree], ...]:
    """Each statement that `text` quotes, with its parameters (UNKNOWN where there are none).

    Kept for a moment: of one Event the same text is asked about several times.
    """
    return tuple(_tails(text))


def _tails(text: str) -> Iterator[tuple[Statement, Tree]]:
    before = head(text)
    statement = read_statement(text[slice(*before)]) if before else _batched(text)
    if statement is not None:
        yield statement, UNKNOWN
    if not any(sign in text for sign in _TAIL_SIGNS):
        return
    for tail in islice(_TAIL.finditer(text), _TAILS_READ):
        limit = tail.end() + LONGEST
        start = _PARAMETERS.search(text, tail.end(), limit)
        if start is None:
            statement = read_statement(text[tail.end() : limit])
        else:
            statement = _read_again(text[tail.end() : start.start()])
        if statement is not None:
            yield statement, _parameters(text, start, statement) if start else UNKNOWN


@lru_cache(maxsize=256)
def _read_again(sql: str) -> Statement | None:
    """Statements with placeholders: the same few come again and again."""
    return read_statement(sql)


def _parameters(text: str, start: re.Match[str], statement: Statement) -> Tree:
    if start[0].endswith("params: "):
        return _joined(text[start.end() : start.end() + LONGEST], statement)
    return read_at(text[: start.end() + LONGEST], start.end())[0]


def _joined(text: str, statement: Statement) -> Tree:
    """Drizzle's parameters: joined by commas, unquoted; certain only if as many as holes.

    A value may go on in the next line, and so may the last one, where a trace does not follow. Of
    a list that was cut those count that stand before anything that may be a piece of a value.
    """
    printed = before_trace(text)
    values: Sequence[str] = printed.split(",")
    holes = sum(cell.count("$") for _, cell in statement.cells)
    is_cut = hidden.is_cut(printed)
    if statement.verb != "INSERT" or (len(values) > holes if is_cut else len(values) != holes):
        return UNKNOWN
    if is_cut:
        values = [*takewhile(_is_no_piece, values[:-1]), _CUT_OFF]
    last = len(values) - 1
    return [
        value
        if value and hidden.is_usable(value) and not (place == last and "\n" in value)
        else UNKNOWN
        for place, value in enumerate(values)
    ]


def before_trace(text: str) -> str:
    """Drizzle's parameters out of what begins with them."""
    return _AFTER_PARAMETERS.split(text, maxsplit=1)[0]


def _is_no_piece(value: str) -> bool:
    """Nothing shows that its comma stood inside a text, a list or an object."""
    return _PIECE.search(value) is None
