"""Is this the same expression? An Event's spelling of a key column against the catalog's.

PostgreSQL versions, drivers and applications print one expression in several ways:
`lower(email::text)`, `lower((email)::text)`, `lower(("email")::character varying(320))`. A normal
form without spaces, quotes, casts, grouping parentheses and schema names makes them meet. It only
compares; it never enters a statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

from collectors.linking.names import bare

Thing = TypeVar("Thing")

LONGEST = 2_000
"""Characters; a longer text is compared as it stands. Real key expressions are far shorter."""

_TOKEN = re.compile(r"'(?:[^']++|'')*+'|\"(?:[^\"]++|\"\")*+\"|::|[\w$]+|\S")
_WORD = re.compile(r"[\w$]+|\"")
_TYPE_TAIL = frozenset({"varying", "precision", "with", "without", "time", "zone"})


@lru_cache(maxsize=1_024)
def normal_form(expression: str) -> str:
    """The tolerant spelling of an expression.

    >>> normal_form('lower((email)::text)') == normal_form('pg_catalog.lower( "email" )')
    True
    """
    if len(expression) > LONGEST:
        return expression
    tokens = _without_casts(_TOKEN.findall(expression))
    return " ".join(_fold(token) for token in _without_groups(_without_schemas(tokens)))


def find(wanted: str, things: Sequence[Thing], spelling: Callable[[Thing], str]) -> Thing | None:
    """The one thing that is spelled like `wanted`: exactly, or else alone in its normal form."""
    for thing in things:
        if spelling(thing) == wanted:
            return thing
    form = normal_form(wanted)
    alike = [thing for thing in things if normal_form(spelling(thing)) == form]
    return alike[0] if len(alike) == 1 else None


def same_columns(these: Sequence[str], those: Sequence[str]) -> bool:
    """The same expressions, in whatever order."""
    return sorted(map(normal_form, these)) == sorted(map(normal_form, those))


def _is_word(token: str) -> bool:
    return _WORD.match(token) is not None


def _fold(token: str) -> str:
    return token if token.startswith("'") else bare(token).casefold()


def _without_casts(tokens: Sequence[str]) -> list[str]:
    kept: list[str] = []
    index = 0
    while index < len(tokens):
        if tokens[index] == "::":
            index = _after_type(tokens, index + 1)
        else:
            kept.append(tokens[index])
            index += 1
    return kept


def _after_type(tokens: Sequence[str], index: int) -> int:
    """Where the type name that begins at `index` ends: `s.character varying(320)[]`."""
    index += 1
    while tokens[index : index + 1] == ["."]:
        index += 2
    while index < len(tokens) and (tokens[index] in _TYPE_TAIL or _is_size(tokens, index)):
        index = tokens.index(")", index) + 1 if tokens[index] == "(" else index + 1
    while tokens[index : index + 2] == ["[", "]"]:
        index += 2
    return index


def _is_size(tokens: Sequence[str], index: int) -> bool:
    """`(320)` or `(10,2)`, the modifier of a type."""
    following = tokens[index : index + 2]
    return (
        len(following) == 2
        and following[0] == "("
        and following[1].isdecimal()
        and ")" in tokens[index : index + 6]
    )


def _without_schemas(tokens: Sequence[str]) -> list[str]:
    kept: list[str] = []
    for token in tokens:
        if kept[-1:] == ["."] and len(kept) > 1 and _is_word(token) and _is_name(kept[-2]):
            del kept[-2:]
        kept.append(token)
    return kept


def _is_name(token: str) -> bool:
    return _is_word(token) and not token[0].isdecimal()


def _without_groups(tokens: Sequence[str]) -> list[str]:
    """Drop parentheses that only group; keep those of a function call."""
    kept: list[str] = []
    calls: list[bool] = []
    for index, piece in enumerate(tokens):
        if piece == "(":
            calls.append(index > 0 and _is_word(tokens[index - 1]))
        if piece not in {"(", ")"} or (calls and calls[-1]):
            kept.append(piece)
        if piece == ")" and calls:
            calls.pop()
    return kept
