"""Values as programs print them: Python reprs, JSON, JavaScript, cut anywhere.

A small reader of our own, because such texts are rarely whole: what cannot be read is UNKNOWN and
never raises. A value that is not a plain one (an object, a byte string) is UNKNOWN as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from collectors.linking.backslashes import unescape
from collectors.linking.hidden import is_usable


class Unknown:
    """There was a value, but it cannot be read."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()

Value = str | None | Unknown
Tree = Value | list["Tree"] | dict[str, "Tree"]

_LONGEST = 2_700
"""No longer value fits into a B-tree key (a third of a page)."""

_LONGEST_REPR = 20_000
_DEEPEST = 6
_MOST_ITEMS = 200
_REPR_STARTS = ("'", '"', "[", "(", "{", "%{", "<", "UUID(", "datetime.", "Decimal(")
_SPACE = re.compile(r"\s*+")
_STRING = re.compile(
    r"[uU]?(?:'([^'\\]*+(?:\\.[^'\\]*+)*+)'|\"([^\"\\]*+(?:\\.[^\"\\]*+)*+)\")", re.DOTALL
)
_NUMBER = re.compile(r"[-+]?\d{1,40}(?:\.\d{1,40})?(?![\w.])")
_WORD = re.compile(r"[A-Za-z_][\w.]*+")
_ENUM = re.compile(r"<[A-Za-z_][\w.]{0,80}: ('[^'\\]*+'|\d+)>")
_OPAQUE = re.compile(
    r"<[^<>\n]{0,300}>|b'[^']*+'|b\"[^\"]*+\"|~[A-Z]\[[^\]\n]{0,300}\]|:[a-z_]\w{0,300}[?!]?"
    r"|<<[\d, ]{0,9000}(?:\.\.\.)?>>"
)
"""Objects, byte strings, and Elixir's sigils, atoms and binaries."""

_STRUCT = re.compile(r"%[A-Z][\w.]{0,200}(?=\{)")
_INSPECTED = re.compile(r"#[A-Z][\w.]{0,200}<")
_BRACKET = re.compile(r"\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\"|[-=]>|([<>])", re.DOTALL)
"""Of what Elixir inspects, but for those in texts and arrows."""

_WORDS: dict[str, Value] = {
    "None": None,
    "null": None,
    "nil": None,
    "NULL": None,
    "True": "t",
    "true": "t",
    "False": "f",
    "false": "f",
}
_WRAPPERS = frozenset(
    {"UUID", "uuid.UUID", "Decimal", "decimal.Decimal", "Decimal.new", "str", "Some"}
)
_TIMES = frozenset({"datetime.datetime", "datetime"})
_DATES = frozenset({"datetime.date", "date"})
_CLOSERS = {"(": ")", "[": "]", "{": "}"}


def plain(value: object) -> Value:
    """A value of a decoded body as PostgreSQL would print it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int | float):
        return str(value) if abs(value) < 1e18 else UNKNOWN
    if isinstance(value, str) and len(value) <= _LONGEST and is_usable(value):
        return value
    return UNKNOWN


def decoded(value: object) -> Tree:
    """The same for lists and mappings of a decoded body, as deep as parameters go."""
    if isinstance(value, list | tuple):
        return [decoded(item) for item in value[:_MOST_ITEMS]] if _is_shallow(value) else UNKNOWN
    if isinstance(value, Mapping):
        items = islice(value.items(), _MOST_ITEMS)
        return {str(k): plain(v) for k, v in items if not isinstance(v, list | tuple | Mapping)}
    return plain(value)


def printed(value: object) -> Tree:
    """A frame variable: SDKs print most as reprs and leave others as they are."""
    if isinstance(value, list | tuple):
        return [printed(item) for item in value[:_MOST_ITEMS]] if _is_shallow(value) else UNKNOWN
    if isinstance(value, Mapping):
        items = islice(value.items(), _MOST_ITEMS)
        return {_key(k): printed(v) for k, v in items if not isinstance(v, Mapping)}
    if not isinstance(value, str):
        return plain(value)
    if value in _WORDS:
        return _WORDS[value]
    value = value[:_LONGEST_REPR]
    tree, end = read_at(value, 0) if value.startswith(_REPR_STARTS) else (UNKNOWN, 0)
    whole = end is not None and not value[end:].strip()
    return tree if whole or (end is None and isinstance(tree, list | dict)) else plain(value)


def _is_shallow(items: Sequence[object]) -> bool:
    """Parameters are a list of values or of sets of values; deeper nesting is something else."""
    return not any(
        isinstance(inner, list | tuple | Mapping)
        for item in items[:_MOST_ITEMS]
        if isinstance(item, list | tuple)
        for inner in item[:_MOST_ITEMS]
    )


def _key(key: object) -> str:
    return str(key).strip("'\"")


def read_at(text: str, start: int, depth: int = 0) -> tuple[Tree, int | None]:
    """The value at `start` and where it ends (None: nothing readable from here on).

    A collection that is cut keeps the items before the cut.
    """
    position = _skip_space(text, start)
    mark = text[position : position + 1]
    if not mark or depth > _DEEPEST:
        return UNKNOWN, None
    if mark == "%" and text.startswith("{", position + 1):
        position, mark = position + 1, "{"  # a map of Elixir's
    if mark in _CLOSERS:
        return _collection(text, position, depth)
    found = _of_elixir(text, position, depth) if mark in "%#" else None
    if found is None and mark in "'\"uU":
        found = _string(text, position)
    if found is None and (mark.isalpha() or mark == "_"):
        found = _named(text, position, depth)
    return found or _number(text, position) or _opaque(text, position) or (UNKNOWN, None)


def _of_elixir(text: str, position: int, depth: int) -> tuple[Tree, int | None] | None:
    """A struct or an inspected object: another row, a time, a number."""
    struct = _STRUCT.match(text, position)
    if struct is not None:
        return UNKNOWN, _collection(text, struct.end(), depth + 1)[1]
    inspected = _INSPECTED.match(text, position)
    if inspected is None:
        return None
    level = 1
    for mark in _BRACKET.finditer(text, inspected.end(), inspected.end() + _LONGEST_REPR):
        level += {"<": 1, ">": -1}.get(mark[1], 0)
        if level == 0:
            return UNKNOWN, mark.end()
    return UNKNOWN, None


def _skip_space(text: str, position: int) -> int:
    if not text[position : position + 1].isspace():
        return position
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _string(text: str, position: int) -> tuple[Tree, int | None] | None:
    match = _STRING.match(text, position)
    if match is None:
        return None
    if text.startswith(" <> ", match.end()):
        return UNKNOWN, None  # what Elixir cut off
    inner = match[1] if match[1] is not None else match[2]
    return plain(unescape(inner) if "\\" in inner else inner), match.end()


def _number(text: str, position: int) -> tuple[Tree, int | None] | None:
    match = _NUMBER.match(text, position)
    return (match[0], match.end()) if match else None


def _opaque(text: str, position: int) -> tuple[Tree, int | None] | None:
    enum = _ENUM.match(text, position)
    if enum is not None:
        return enum[1].strip("'"), enum.end()
    match = _OPAQUE.match(text, position)
    return (UNKNOWN, match.end()) if match else None


def _named(text: str, position: int, depth: int) -> tuple[Tree, int | None] | None:
    """`None`, `UUID('…')`, `datetime.datetime(…)`, or some other object."""
    match = _WORD.match(text, position)
    if match is None or text[position : position + 2] in {"b'", 'b"'}:
        return None
    if text[match.end() : match.end() + 1] != "(":
        return _WORDS.get(match[0], UNKNOWN), match.end()
    arguments, end = _collection(text, match.end(), depth)
    if match[0] in _WRAPPERS and isinstance(arguments, list) and len(arguments) == 1:
        return arguments[0], end
    if match[0] in _TIMES and isinstance(arguments, list):
        return _time(arguments, text[match.end() : end]), end
    if match[0] in _DATES and isinstance(arguments, list) and len(arguments) == 3:
        moment = _time(arguments, "")
        return moment[:10] if isinstance(moment, str) else UNKNOWN, end
    return UNKNOWN, end


def _time(arguments: list[Tree], printed: str) -> Value:
    """A Python datetime as PostgreSQL prints it; only UTC or no zone can be told from a repr."""
    numbers = [int(part) for part in arguments if isinstance(part, str) and part.isdecimal()]
    try:
        year, month, day, hour, minute, second, fraction = (*numbers[:7], 0, 0, 0, 0)[:7]
        moment = datetime(year, month, day, hour, minute, second, fraction, tzinfo=UTC)
    except (ValueError, OverflowError):
        return UNKNOWN
    if "tzinfo=" not in printed:
        return moment.replace(tzinfo=None).isoformat(" ")
    return moment.isoformat(" ")[:-3] if "utc" in printed.lower() else UNKNOWN


def _collection(text: str, opening: int, depth: int) -> tuple[Tree, int | None]:
    items: list[Tree] = []
    pairs: dict[str, Tree] = {}
    closer = _CLOSERS[text[opening]]
    position: int | None = opening + 1
    while position is not None:
        position = _skip_space(text, position)
        if text[position : position + 1] == closer:
            position += 1
            break
        tree, position = _item(text, position, depth, pairs)
        if position is None:
            break
        if not isinstance(tree, _Paired):
            items.append(tree)
        position = _after_item(text, position, closer)
    is_mapping = not items and (pairs or closer == "}")
    return pairs if is_mapping else items, position


def _after_item(text: str, position: int, closer: str) -> int | None:
    """Past the comma; None where neither a comma nor the end of the collection follows."""
    position = _skip_space(text, position)
    mark = text[position : position + 1]
    if mark == ",":
        return position + 1
    return position if mark == closer else None


class _Paired(Unknown):
    """The item went into the pairs."""


_PAIRED: Final = _Paired()
_NAME = re.compile(r"([A-Za-z_$][\w$]*+)\s*(?:=(?![=>])|:)")
_SYMBOL = re.compile(r":([A-Za-z_]\w*+)\s*=>")
_ARROW = re.compile(r":|=>")


def _item(text: str, position: int, depth: int, pairs: dict[str, Tree]) -> tuple[Tree, int | None]:
    """One item of a collection; a pair goes into `pairs`.

    As Python, JavaScript, Ruby, Elixir and PHP print one: `name=value`, `name: value`,
    `'name': value`, `'name' => value`, `:name=>value`.
    """
    mark = text[position : position + 1]
    bare = _NAME.match(text, position) if mark.isalpha() or mark == "_" else None
    if mark == ":":
        bare = _SYMBOL.match(text, position)
    if bare is not None:
        pairs[bare[1]], end = read_at(text, bare.end(), depth + 1)
        return _PAIRED, end
    tree, end = read_at(text, position, depth + 1)
    if end is None or not isinstance(tree, str):
        return tree, end
    arrow = _ARROW.match(text, _skip_space(text, end))
    if arrow is None:
        return tree, end
    pairs[tree], end = read_at(text, arrow.end(), depth + 1)
    return _PAIRED, end
