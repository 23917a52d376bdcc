"""The failed SQL statement: its verb, its table, and which value went into which column.

Only columns that an INSERT or UPDATE writes by name get a value: whatever else the statement or its
parameters hold (a WHERE clause, other rows) belongs to somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from collectors.linking import hidden
from collectors.linking.literals import UNKNOWN, Tree, Unknown, Value, read_at
from collectors.linking.names import bare, closing, split_columns

Fields = dict[str, str | None]

_VERB = re.compile(
    r"\A[\s(]{0,20}(?:WITH\b.{0,4000}?\b)?(?:(INSERT)\s+INTO|(UPDATE)|(DELETE)\s+FROM)\s+(?:ONLY\s+)?"
    r"((?:\"[^\"]{1,128}\"|[\w$]+)(?:\.(?:\"[^\"]{1,128}\"|[\w$]+))?)",
    re.IGNORECASE | re.DOTALL,
)
_TO_LIST = re.compile(r"(?:\s+AS\s+[\w\"]{1,128})?\s{0,20}(?=\()", re.IGNORECASE)
_VALUES = re.compile(r"\s{0,20}(?:OVERRIDING \w+ VALUE\s+)?VALUES\s{0,20}(?=\()", re.IGNORECASE)
_SET = re.compile(r"(?:\s+AS\s+[\w\"]{1,128})?\s+SET\s+", re.IGNORECASE)
_WHERE = re.compile(r"\s(?:WHERE|FROM|RETURNING)\s", re.IGNORECASE)
_ASSIGNMENT = re.compile(r"([\w$.\"]{1,200})\s{0,8}=\s{0,8}(.*)", re.DOTALL)
_TYPE = r"(?:::[\w \"]{1,60}(?:\(\d{1,5}(?:, ?\d{1,5})?\))?(?:\[\])?)?"
_HOLE = re.compile(
    r"(?:\$(?P<number>\d{1,5})|%\((?P<name>\w{1,128})\)s|(?P<next>%s|\?)|[:@](?P<bound>[A-Za-z_]\w{0,127}))"
    rf"{_TYPE}\Z"
)
_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?")
_SHORTENED = re.compile(r" \.\.\. \(?\d+ characters truncated\)? \.\.\. ")
_NEXT_HOLE = re.compile(r"%s|\?")
_MOST_COLUMNS = 200
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Statement:
    """`cells` pairs each column that is written, without quotes, with the text of its value.

    `columns` stand alone where the text was cut in the middle of the values, as SQLAlchemy does.
    """

    verb: str
    table: str
    schema: str | None = None
    cells: tuple[tuple[str, str], ...] = ()
    several: bool = False
    columns: tuple[str, ...] = ()


def read_statement(sql: str) -> Statement | None:
    """The INSERT, UPDATE or DELETE that `sql` is; None for anything else."""
    sql = sql[:_LONGEST]
    match = _VERB.match(sql)
    if match is None:
        return None
    verb = next(word.upper() for word in match.groups()[:3] if word)
    schema, _, table = match[4].rpartition(".")
    cells: tuple[tuple[str, str], ...] = ()
    several = False
    columns: tuple[str, ...] = ()
    if verb == "INSERT" and _SHORTENED.search(sql) is not None:
        columns = _columns(sql, match.end())
    elif verb == "INSERT":
        cells, several = _inserted(sql, match.end())
    elif verb == "UPDATE" and _SHORTENED.search(sql) is None:
        cells = _updated(sql, match.end())
    return Statement(verb, bare(table), bare(schema) if schema else None, cells, several, columns)


def _columns(sql: str, position: int) -> tuple[str, ...]:
    names, _ = _list_at(sql, _TO_LIST, position)
    return () if _SHORTENED.search(", ".join(names)) else tuple(map(bare, names))


def _inserted(sql: str, position: int) -> tuple[tuple[tuple[str, str], ...], bool]:
    names, after = _list_at(sql, _TO_LIST, position)
    values, end = _list_at(sql, _VALUES, after)
    if not names or len(names) != len(values) or len(names) > _MOST_COLUMNS:
        return (), False
    several = sql[end:].lstrip().startswith(",")
    return tuple(zip(map(bare, names), values, strict=True)), several


def _list_at(sql: str, lead: re.Pattern[str], position: int) -> tuple[tuple[str, ...], int]:
    match = lead.match(sql, position)
    end = closing(sql, match.end(), _LONGEST) if match else None
    if match is None or end is None:
        return (), position
    return split_columns(sql[match.end() + 1 : end]), end + 1


def _updated(sql: str, position: int) -> tuple[tuple[str, str], ...]:
    start = _SET.match(sql, position)
    if start is None:
        return ()
    stop = _WHERE.search(sql, start.end())
    assigned = split_columns(sql[start.end() : stop.start() if stop else len(sql)])
    matches = (_ASSIGNMENT.fullmatch(part) for part in assigned[:_MOST_COLUMNS])
    return tuple((bare(match[1]), match[2].strip()) for match in matches if match)


def bind(statement: Statement, parameters: Tree) -> Fields:
    """The values that the statement writes, by column; what cannot be told is left out."""
    row = _only_row([] if parameters is UNKNOWN else parameters, len(statement.cells))
    if statement.several or row is None:
        return {}
    if statement.columns:
        return _bind_shortened(statement.columns, row)
    fields: Fields = {}
    taken = 0
    for column, cell in statement.cells:
        value = _cell(cell, row, taken)
        taken += len(_NEXT_HOLE.findall(cell))
        if not isinstance(value, Unknown):
            fields[column] = value
    return fields


def _bind_shortened(columns: Sequence[str], row: list[Tree] | dict[str, Tree]) -> Fields:
    """Without the placeholders: one parameter a column, in order or by the column's name."""
    if len(row) != len(columns):
        return {}
    named = row if isinstance(row, dict) else dict(zip(columns, row, strict=True))
    values = {column: _value(named.get(column, UNKNOWN)) for column in columns}
    return {column: value for column, value in values.items() if not isinstance(value, Unknown)}


def wrote_several(statement: Statement, parameters: Tree) -> bool:
    """Several rows were written at once, and which one failed is not said."""
    if statement.several:
        return True
    row = _only_row([] if parameters is UNKNOWN else parameters, len(statement.cells))
    return row is None or len(row) > len(statement.columns) > 0


def _only_row(parameters: Tree, cells: int) -> list[Tree] | dict[str, Tree] | None:
    """The one set of parameters; None where there are several sets or none can be read."""
    if not isinstance(parameters, list):
        return parameters if isinstance(parameters, dict) else None
    sets = [item for item in parameters if isinstance(item, list | dict)]
    is_array = len(parameters) == cells == 1 and isinstance(parameters[0], list)
    if not sets or len(sets) < len(parameters) or is_array:
        return parameters
    return sets[0] if len(sets) == 1 else None


def _cell(cell: str, row: list[Tree] | dict[str, Tree], taken: int) -> Value:
    hole = _HOLE.match(cell)
    if hole is None:
        return _constant(cell)
    if isinstance(row, dict):
        return _value(row.get(hole["name"] or hole["bound"] or "", UNKNOWN))
    if hole["name"] or hole["bound"]:
        return UNKNOWN
    index = int(hole["number"]) - 1 if hole["number"] else taken
    return _value(row[index]) if 0 <= index < len(row) else UNKNOWN


def _constant(cell: str) -> Value:
    """A NULL, a number or a quoted text written into the statement itself."""
    if cell.upper() == "NULL":
        return None
    if _NUMBER.fullmatch(cell):
        return cell
    if len(cell) > 1 and cell[0] == cell[-1] == "'" and "'" not in cell[1:-1].replace("''", ""):
        text = cell[1:-1].replace("''", "'")
        return text if hidden.is_usable(text) else UNKNOWN
    return UNKNOWN


def _value(tree: Tree) -> Value:
    return UNKNOWN if isinstance(tree, list | dict) else tree


# --- the statement as wrappers append it to an error text -----------------------------------------

_TAIL = re.compile(
    r"\[SQL: |\bFailed query: |\bSQL: |\bThe SQL being executed was: |\bSTATEMENT:  ?"
)
_TAIL_SIGNS = ("SQL: ", "Failed query: ", "executed was: ", "STATEMENT: ")
_REMOVED = re.compile(rf"{_TAIL.pattern}|\n\[parameters: |\nparams: ")
_PARAMETERS = re.compile(r"\]?\n\[parameters: |\nparams: ")
_TAILS_READ = 4


def tails(text: str) -> Iterator[tuple[Statement, Tree]]:
    """Each statement that `text` quotes, with its parameters (UNKNOWN where there are none)."""
    if not any(sign in text for sign in _TAIL_SIGNS):
        return
    for tail in islice(_TAIL.finditer(text), _TAILS_READ):
        limit = tail.end() + _LONGEST
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
        return _joined(text[start.end() :].split("\n", 1)[0], statement)
    return read_at(text[: start.end() + _LONGEST], start.end())[0]


def _joined(line: str, statement: Statement) -> Tree:
    """Drizzle's parameters: joined by commas, unquoted; certain only if as many as holes."""
    values: Sequence[str] = line.split(",")
    holes = sum(cell.count("$") for _, cell in statement.cells)
    if statement.verb != "INSERT" or len(values) != holes or hidden.is_cut(line):
        return UNKNOWN
    return [value if value and hidden.is_usable(value) else UNKNOWN for value in values]


def without_tails(text: str) -> str:
    """The text without the statements it quotes: they hold other people's addresses."""
    kept, position = [], 0
    for tail in _REMOVED.finditer(text):
        if tail.start() < position:
            continue
        kept.append(text[position : tail.start()])
        position = _tail_end(text, tail)
    kept.append(text[position:])
    return "".join(kept)


def _tail_end(text: str, tail: re.Match[str]) -> int:
    if tail[0].lstrip().startswith("["):
        start = text.index("[", tail.start())
        end = closing(text, start, _LONGEST)
        if end is not None:
            return end + 1
    end_of_line = text.find("\n", tail.end())
    return end_of_line if end_of_line >= 0 else len(text)
