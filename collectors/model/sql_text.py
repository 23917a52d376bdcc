"""SQL as text: the names and literals in it, and how they are spelled. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache

LITERAL = re.compile(r"'(?:[^']|'')*'")
_NAME = re.compile(r'"(?:[^"]|"")+"|[A-Za-z_][\w$]*')


def literal(text: str) -> str:
    """A text as an SQL string.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


@lru_cache(maxsize=8_192)
def named_in(condition: str) -> frozenset[str]:
    """Every name in an SQL condition, as `quote_ident` spells it; words of SQL are among them.

    Kept, because the tables of a schema say much the same.
    """
    words = _NAME.findall(LITERAL.sub("''", condition))
    return frozenset(word if word.startswith('"') else word.lower() for word in words)


def spelled_out(sql: str, expressions: Mapping[str, str]) -> str:
    """The SQL with these names as the expressions that they stand for.

    >>> spelled_out("here AND note <> 'here'", {"here": "gone IS NULL"})
    "(gone IS NULL) AND note <> 'here'"
    """
    words = re.compile(f"{LITERAL.pattern}|{_NAME.pattern}")
    given = {name: f"({expression})" for name, expression in expressions.items()}
    return words.sub(lambda found: given.get(found[0], found[0]), sql)


@cache
def folded(name: str) -> str:
    """One spelling of a column's or table's name, whatever the habit of its author.

    Kept, because the tables of a schema call their columns alike.

    >>> folded("deleted_at"), folded('"deletedAt"')
    ('deletedat', 'deletedat')
    """
    return re.sub(r"[^a-z0-9]", "", name.lower())
