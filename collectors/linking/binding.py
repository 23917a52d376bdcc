"""Which value a statement wrote into which column.

Only columns that an INSERT or UPDATE writes by name get a value: whatever else the statement or its
parameters hold (a WHERE clause, other rows) belongs to somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from collectors.linking import hidden
from collectors.linking.literals import UNKNOWN, Tree, Unknown, Value
from collectors.linking.statement import Fields, Statement, is_either

_TYPE = r"(?:::[\w \"]{1,60}(?:\(\d{1,5}(?:, ?\d{1,5})?\))?(?:\[\])?)?"
_HOLE = re.compile(
    r"(?:\$(?P<number>\d{1,5})|%\((?P<name>\w{1,128})\)s|(?P<next>%s|\?)|[:@](?P<bound>[A-Za-z_]\w{0,127}))"
    rf"{_TYPE}\Z"
)
_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?")
_LITERAL = re.compile(
    r"(?:(?:E|B|X|N|DATE|TIME|TIMESTAMP|TIMESTAMPTZ|INTERVAL)?\s?'(?:[^']|'')*+'"
    r"|-?\d{1,30}(?:\.\d{1,30})?|[\w.]{1,128}\(.*\)|ARRAY\[.*\]"
    rf"|DEFAULT|NULL|TRUE|FALSE|CURRENT_\w{{4,9}}){_TYPE}",
    re.IGNORECASE | re.DOTALL,
)
_IN_BRACKETS = re.compile(r"\(((?:'(?:[^']|'')*+'|NULL)(?:::[\w \[\]]{1,60})?)\)")
_CAST = re.compile(r"(?<=')::[\w ]{1,60}\Z")
"""What JDBC puts around each value that it writes into a statement: `('7'::int8)`."""

_NEXT_HOLE = re.compile(r"%s|\?")
_ANY_HOLE = re.compile(r"\$\d{1,5}|%\(\w{1,128}\)s|%s|\?|(?<!:)[:@][A-Za-z_]\w{0,127}")


def bind(statement: Statement, parameters: Tree) -> Fields:
    """The values that the statement writes, by column; what cannot be told is left out."""
    row = _only_row([] if parameters is UNKNOWN else parameters, len(statement.cells))
    if statement.several or row is None:
        return {}
    if statement.columns:
        return _bind_shortened(statement.columns, row)
    fields: Fields = {}
    taken = 0
    cells = [(column, _unwrapped(cell)) for column, cell in statement.cells]
    constants = _are_sql(cell for _, cell in cells)
    for column, cell in cells:
        if statement.follows and (hole := _HOLE.match(cell)) and hole["next"]:
            continue
        value = _cell(cell, row, taken) if constants or _HOLE.match(cell) else UNKNOWN
        taken += len(_NEXT_HOLE.findall(cell))
        if not isinstance(value, Unknown):
            fields[column] = value
    return fields


def _unwrapped(cell: str) -> str:
    match = _IN_BRACKETS.fullmatch(cell)
    return match[1] if match else cell


def _are_sql(cells: Iterable[str]) -> bool:
    """Each stands for one value: Laravel prints texts unquoted and NULL as nothing at all.

    There a comma inside a text, or a quote, shifts every value that follows.
    """
    return all(_HOLE.match(cell) or _LITERAL.fullmatch(cell) for cell in cells)


def _bind_shortened(columns: Sequence[str], row: list[Tree] | dict[str, Tree]) -> Fields:
    """Without the placeholders: one parameter a column, in order or by the column's name."""
    if len(row) != len(columns):
        return {}
    named = row if isinstance(row, dict) else dict(zip(columns, row, strict=True))
    values = {column: _value(named.get(column, UNKNOWN)) for column in columns}
    return {column: value for column, value in values.items() if not isinstance(value, Unknown)}


def is_parameter(cell: str) -> bool:
    """Its value is not in the statement, but handed over with it."""
    return _HOLE.match(cell) is not None


def made_of_one(statement: Statement) -> frozenset[str]:
    """The columns that it gives what it makes of one parameter: `lower($1)`, `NULLIF(%s, '')`."""
    return frozenset(
        column
        for column, cell in statement.cells
        if not is_parameter(cell) and not is_either(cell) and len(_ANY_HOLE.findall(cell)) == 1
    )


def wrote_several(statement: Statement, parameters: Tree) -> bool:
    """Several rows were written at once, and which one failed is not said."""
    if statement.several:
        return True
    row = _only_row([] if parameters is UNKNOWN else parameters, len(statement.cells))
    return row is None or len(row) > len(statement.columns) > 0


def is_short(statement: Statement, parameters: Tree) -> bool:
    """The list of parameters was cut: the statement has places for more."""
    if not isinstance(parameters, list) or any(isinstance(one, list | dict) for one in parameters):
        return False
    return len(parameters) < sum(is_parameter(cell) for _, cell in statement.cells)


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
    cell = _CAST.sub("", cell)
    if len(cell) > 1 and cell[0] == cell[-1] == "'" and "'" not in cell[1:-1].replace("''", ""):
        text = cell[1:-1].replace("''", "'")
        return text if hidden.is_usable(text) else UNKNOWN
    return UNKNOWN


def _value(tree: Tree) -> Value:
    return UNKNOWN if isinstance(tree, list | dict) else tree
