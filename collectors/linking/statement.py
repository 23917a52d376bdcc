"""The failed SQL statement: its verb, its table, and the columns it writes.

A statement that writes several rows, or into several tables, does not tell which one failed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from collectors.linking.names import bare, closing, split_columns, split_list

Fields = dict[str, str | None]

_WRITE = (
    r"(?:(INSERT)\s+INTO|(?<!FOR )(?<!KEY )(UPDATE)|(DELETE)\s+FROM)\s+(?:ONLY\s+)?"
    r"(?!(?:SET|OF|SKIP|NOWAIT)\b)"
    r"((?:\"[^\"]{1,128}\"|[\w$]+)(?:\.(?:\"[^\"]{1,128}\"|[\w$]+))?)"
)
_COMMENT = re.compile(
    r"('(?:[^']|'')*+'|\"[^\"]*+\")|/\*.{0,2000}?\*/|(?<!\S)--[^\n]{0,2000}\n", re.DOTALL
)
_VERB = re.compile(rf"\A[\s(]{{0,20}}{_WRITE}", re.IGNORECASE)
_WRITES = re.compile(rf"\b{_WRITE}", re.IGNORECASE)
_WITH = re.compile(r"\A[\s(]{0,20}WITH\b", re.IGNORECASE)
_TO_LIST = re.compile(r"(?:\s+AS\s+[\w\"]{1,128})?\s{0,20}(?=\()", re.IGNORECASE)
_VALUES = re.compile(r"\s{0,20}(?:OVERRIDING \w+ VALUE\s+)?VALUES\s{0,20}(?=\()", re.IGNORECASE)
_SELECT = re.compile(r"[\s(]{0,20}(?:SELECT|TABLE)\b", re.IGNORECASE)
_ROWS = re.compile(
    r"\b(?:FROM|UNION)\b|\b(?:unnest|\w{1,40}_(?:series|elements|elements_text|each|to_table))\b",
    re.IGNORECASE,
)
_AFTER_LIST = re.compile(r"\s(?:WHERE|ON\s+CONFLICT|RETURNING|LIMIT)\b", re.IGNORECASE)
_NAMED_SO = re.compile(r"\s+AS\s+[\w\"]{1,128}\Z", re.IGNORECASE)
_SET = re.compile(r"(?:\s+AS\s+[\w\"]{1,128})?\s+SET\s+", re.IGNORECASE)
_DO_UPDATE = re.compile(
    r"\bON\s+CONFLICT\b.{0,400}?\bDO\s+UPDATE\s+SET\s+", re.IGNORECASE | re.DOTALL
)
_EITHER = "either("
_NEXT = ("?", "%s")
"""Each of these stands for another parameter."""

_WHERE = re.compile(r"\s(?:WHERE|FROM|RETURNING)\s", re.IGNORECASE)
_ASSIGNMENT = re.compile(r"([\w$.\"]{1,200})\s{0,8}=\s{0,8}(.*)", re.DOTALL)
_SHORTENED = re.compile(r" \.\.\. \(?\d+ characters truncated\)? \.\.\. ")
_MOST_COLUMNS = 200
LONGEST = 20_000


_CAST = re.compile(
    r"\ACAST\(\s?(\$\d{1,5}|%\(\w{1,128}\)s|%s|\?|[:@]\w{1,128}|'(?:[^']|'')*+'|NULL"
    r"|-?\d{1,30}(?:\.\d{1,30})?)\s{1,3}AS\s{1,3}[\w \".]{1,128}(?:\([\d, ]{1,13}\))?(?:\[\])?"
    r"\s?\)\Z",
    re.IGNORECASE,
)
"""Around one value it changes nothing: the index casts it as well."""


@dataclass(frozen=True, slots=True)
class Statement:
    """`cells` pairs each column that is written, without quotes, with the text of its value.

    `columns` stand alone where the text was cut in the middle of the values, as SQLAlchemy does.
    `table` is None where it writes into several tables. `follows` parameters of a WITH before it,
    so that unnumbered ones are not counted from the first.
    """

    verb: str
    table: str | None
    schema: str | None = None
    cells: tuple[tuple[str, str], ...] = ()
    several: bool = False
    columns: tuple[str, ...] = ()
    follows: bool = False


def read_statement(sql: str) -> Statement | None:
    """The INSERT, UPDATE or DELETE that `sql` is; None for anything else."""
    sql = _uncommented(sql[:LONGEST])
    written = _written(sql)
    if not written:
        return None
    match = written[-1]
    verb = next(word.upper() for word in match.groups()[:3] if word)
    if len(written) > 1:
        return Statement(verb, None, several=True)
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
    follows = any(hole in sql[: match.start()] for hole in _NEXT)
    named = bare(schema) if schema else None
    cells = tuple((column, _CAST.sub(r"\1", cell)) for column, cell in cells)
    return Statement(verb, bare(table), named, cells, several, columns, follows)


def _uncommented(sql: str) -> str:
    """Without its comments, which may stand before the verb: `-- name: create_customer`."""
    if "--" not in sql and "/*" not in sql:
        return sql
    return _COMMENT.sub(lambda match: match[1] or " ", sql)


def _written(sql: str) -> list[re.Match[str]]:
    """Each INSERT and UPDATE of `sql`, which may be several or hold some in WITH; else a DELETE."""
    if ";" not in sql and _WITH.match(sql) is None:
        match = _VERB.match(sql)
        return [match] if match else []
    if _WITH.match(sql) is None and _VERB.match(sql) is None:
        return []
    every = list(_WRITES.finditer(sql))
    return [match for match in every if not match[3]] or every[-1:]


def _columns(sql: str, position: int) -> tuple[str, ...]:
    names, _ = _list_at(sql, _TO_LIST, position)
    return () if _SHORTENED.search(", ".join(names)) else tuple(map(bare, names))


def _inserted(sql: str, position: int) -> tuple[tuple[tuple[str, str], ...], bool]:
    names, after = _list_at(sql, _TO_LIST, position)
    values, end = _list_at(sql, _VALUES, after)
    if not values and _selects_rows(sql[after:]):
        return (), True
    if not values:
        values, end = _selected(sql, after)
    several = sql[end:].lstrip().startswith(",")
    if len(names) != len(values) or len(names) > _MOST_COLUMNS:
        return (), several
    cells = tuple(zip(map(bare, names), values, strict=True))
    return (cells if several else _if_either(cells, sql[end:])), several


def _if_either(cells: tuple[tuple[str, str], ...], rest: str) -> tuple[tuple[str, str], ...]:
    """The cells of an INSERT that becomes an UPDATE where its row is there already.

    Which of the two was refused is not said. Of a column that the UPDATE sets to something else
    neither value is certain; the cell keeps its place among the holes.
    """
    match = _DO_UPDATE.search(rest)
    if match is None:
        return cells
    stop = _WHERE.search(rest, match.end())
    assigned = split_columns(rest[match.end() : stop.start() if stop else len(rest)])
    matches = [_ASSIGNMENT.fullmatch(part.strip()) for part in assigned[:_MOST_COLUMNS]]
    sets = {bare(one[1]): one[2].strip() for one in matches if one}
    return tuple(
        (column, cell if all(matches) and _is_same(column, cell, sets) else f"{_EITHER}{cell})")
        for column, cell in cells
    )


def is_either(cell: str) -> bool:
    """Whether the INSERT or the UPDATE wrote it is not said."""
    return cell.startswith(_EITHER)


def _is_same(column: str, cell: str, sets: dict[str, str]) -> bool:
    """The UPDATE leaves the column alone, or sets it to what the INSERT would have written."""
    if column not in sets:
        return True
    source, _, name = sets[column].rpartition(".")
    is_excluded = source.lower() == "excluded" and bare(name) == column
    return is_excluded or (sets[column] == cell and cell not in _NEXT)


def _selects_rows(sql: str) -> bool:
    """The rows come from a query; one that asks no table gives a single row."""
    return _SELECT.match(sql) is not None and _ROWS.search(_unbracketed(sql)) is not None


def _selected(sql: str, position: int) -> tuple[tuple[str, ...], int]:
    """What a query that asks no table gives: `SELECT $1, $2 WHERE NOT EXISTS (…)`."""
    start = _SELECT.match(sql, position)
    if start is None:
        return (), position
    stops = (match.start() for match in _AFTER_LIST.finditer(sql, start.end()))
    end = next((at for at in stops if _is_whole(sql[start.end() : at])), len(sql))
    listed = split_columns(sql[start.end() : end].strip().rstrip(";"))
    return tuple(_NAMED_SO.sub("", one) for one in listed), end


def _is_whole(sql: str) -> bool:
    return sql.count("(") == sql.count(")") and sql.count("'") % 2 == 0


def _unbracketed(sql: str) -> str:
    sql = sql.lstrip("( \n")
    kept, position = [], 0
    while (opening := sql.find("(", position)) >= 0:
        end = closing(sql, opening, LONGEST)
        if end is None:
            break
        kept.append(sql[position:opening])
        position = end + 1
    return " ".join([*kept, sql[position:]])


def _list_at(sql: str, lead: re.Pattern[str], position: int) -> tuple[tuple[str, ...], int]:
    match = lead.match(sql, position)
    end = closing(sql, match.end(), LONGEST) if match else None
    if match is None or end is None:
        return (), position
    return split_list(sql[match.end() + 1 : end]), end + 1


def _updated(sql: str, position: int) -> tuple[tuple[str, str], ...]:
    start = _SET.match(sql, position)
    if start is None:
        return ()
    stop = _WHERE.search(sql, start.end())
    assigned = split_columns(sql[start.end() : stop.start() if stop else len(sql)])
    matches = [_ASSIGNMENT.fullmatch(part) for part in assigned[:_MOST_COLUMNS]]
    if None in matches:
        return ()  # a comma in an unquoted text, or columns assigned together
    return tuple((bare(match[1]), match[2].strip()) for match in matches if match)
