"""Which keys an application's `INSERT … ON CONFLICT` needs: pure, from the statements' text.

PostgreSQL finds the key by its columns (`infer_arbiter_indexes`): the set of them must be the
key's, and the statement's WHERE must imply the key's predicate. Where nothing fits it refuses the
whole statement with 42P10, so a key that becomes partial breaks each one that names no predicate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from collectors.audit.naming import raw
from collectors.model import Table, UniqueKey

_NAME = r'(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)'
_INSERT = re.compile(rf"\binsert\s+into\s+(?:({_NAME})\s*\.\s*)?({_NAME})", re.IGNORECASE)
_ON_CONFLICT = re.compile(
    rf"\bon\s+conflict\s*(?:on\s+constraint\s+(?P<constraint>{_NAME})|(?P<open>\())", re.IGNORECASE
)
_WHERE = re.compile(r"\s*where\b(?P<condition>.*?)\bdo\s+(?:nothing|update)\b", re.I | re.S)


@dataclass(frozen=True, slots=True)
class Upsert:
    """One `ON CONFLICT`: names are raw, `target` is in one spelling, `where` as it was written."""

    schema: str | None
    table: str
    target: frozenset[str]
    constraint: str | None = None
    where: str | None = None
    calls: int = 0


def read_upserts(statement: str, calls: int = 0) -> Iterator[Upsert]:
    """Every ON CONFLICT of a statement that names its target."""
    inserts = list(_INSERT.finditer(statement))
    for found in _ON_CONFLICT.finditer(statement):
        before = [one for one in inserts if one.end() <= found.start()]
        if not before:
            continue
        schema, table = (name and raw(name) for name in before[-1].groups())
        if found["constraint"]:
            yield Upsert(schema, table, frozenset(), raw(found["constraint"]), calls=calls)
            continue
        items, end = _group(statement, found.end("open"))
        where = _WHERE.match(statement, end)
        condition = where["condition"].strip() if where else None
        target = frozenset(map(_spelled, items))
        yield Upsert(schema, table, target, where=condition, calls=calls)


def needs(upsert: Upsert, table: Table, key: UniqueKey) -> bool:
    """The statement finds this key, or names its constraint."""
    if not _same_table(upsert, table):
        return False
    if upsert.constraint is not None:
        return upsert.constraint == key.name
    return key.valid and upsert.target == frozenset(_spelled(part) for part in key.columns)


def says(upsert: Upsert, condition: str | None) -> bool:
    """Its WHERE holds the condition that a partial key has (a narrow reading: word for word)."""
    if condition is None or upsert.constraint is not None:
        return condition is None
    return _spelled(condition) in _spelled(upsert.where or "")


def _same_table(upsert: Upsert, table: Table) -> bool:
    return raw(table.name) == upsert.table and upsert.schema in (None, raw(table.schema))


def _spelled(expression: str) -> str:
    """One spelling of an expression: no casts, no needless quotes, parentheses or spaces.

    >>> _spelled('lower((email)::text)') == _spelled('lower( "email" )')
    True
    """
    text = re.sub(rf"::\s*(?:character varying|{_NAME})(?:\(\d+\))?", "", expression)
    text = re.sub(r'"([a-z_][a-z0-9_$]*)"', r"\1", text)
    text = re.sub(r"(?<![\w\"])\((\w+|\"[^\"]+\")\)", r"\1", text)
    pieces = re.split(r'("[^"]*"|\'[^\']*\')', re.sub(r"\s+", "", text))
    folded = "".join(p if p[:1] in ('"', "'") else p.lower() for p in pieces)
    return folded[1:-1] if _is_wrapped(folded) else folded


def _is_wrapped(text: str) -> bool:
    return text.startswith("(") and _group(text, 1)[1] == len(text)


def _group(text: str, start: int) -> tuple[list[str], int]:
    """The comma-separated items of a parenthesis that opened before `start`, and where it ends."""
    items, depth, item = [], 1, start
    for token in re.compile(r'"[^"]*"|\'[^\']*\'|[(),]').finditer(text, start):
        depth += (token[0] == "(") - (token[0] == ")")
        if depth == 0 or (depth == 1 and token[0] == ","):
            items.append(text[item : token.start()].strip())
            item = token.end()
        if depth == 0:
            return items, token.end()
    return items, len(text)
