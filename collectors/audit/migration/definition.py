"""`pg_get_indexdef`'s text taken apart, so that another index can be made like it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SIGN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[()\[\],]|\b(?:INCLUDE|WITH|WHERE)\b")
"""What gives the text its shape: quotes, brackets, commas, and the words before its groups."""


@dataclass(frozen=True, slots=True)
class IndexDefinition:
    """The parts of `CREATE UNIQUE INDEX … USING btree (items) INCLUDE (…) WITH (…) WHERE …`.

    `items` are the key's parts with their collation, operator class and order. What the index has
    not is empty. The predicate and the treatment of NULLs are the UniqueKey's to tell.
    """

    items: tuple[str, ...]
    include: str = ""
    options: str = ""


def read_definition(definition: str) -> IndexDefinition:
    """Take the server's own text apart (`pg_get_indexdef_worker` in ruleutils.c writes it).

    >>> read_definition("CREATE UNIQUE INDEX k ON s.t USING btree (a, lower(b)) INCLUDE (c)")
    IndexDefinition(items=('a', 'lower(b)'), include='c', options='')
    """
    groups: dict[str, list[str]] = {}
    word, depth, start = "btree", 0, 0
    for sign in _SIGN.finditer(definition):
        mark = sign[0]
        if depth == 0 and mark in ("INCLUDE", "WITH", "WHERE"):
            word = mark
        depth += (mark in ("(", "[")) - (mark in (")", "]"))
        if word == "WHERE":
            break
        if mark == "(" and depth == 1:
            start = sign.end()
        elif (mark == "," and depth == 1) or (mark == ")" and depth == 0):
            groups.setdefault(word, []).append(definition[start : sign.start()].strip())
            start = sign.end()
    include, options = (", ".join(groups.get(name, ())) for name in ("INCLUDE", "WITH"))
    return IndexDefinition(tuple(groups["btree"]), include, options)
