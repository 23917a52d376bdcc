"""What a table's CHECKs say of its deleted rows: a key may have room for none. Pure.

`CHECK (NOT (is_default AND is_deleted))`: no deleted row is in a key of the default ones. The
server is asked what the CHECK comes to for a deleted row with the values that the key's predicate
demands, and with NULL in whatever else it reads: SQL's logic is false then only if it is so for any
value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from collectors.model import Column, SoftDeleteMarker
from collectors.model.releasable import ANSWERS_NULL
from collectors.model.sql_text import LITERAL, named_in, spelled_out
from collectors.postgres.markers import CONSTANT
from collectors.postgres.meaning import Question
from collectors.postgres.spellings import conjuncts

_NAME = r"\"(?:[^\"]|\"\")+\"|[a-z_][\w$]*"
_EQUALS = re.compile(
    rf"\(?(?P<column>{_NAME})\)?(?:::[\w ]+)? = (?P<value>{CONSTANT.pattern})", re.DOTALL
)
_CALL = re.compile(r"[\w\"]\(")
_NOT = re.compile(rf"NOT (?P<column>{_NAME})")


def excluding(
    marker: SoftDeleteMarker,
    columns: Sequence[Column],
    predicate: str | None,
    checks: Sequence[str],
) -> Iterator[Question]:
    """What there is to ask: of each CHECK that reads the mark, could a deleted row meet it?"""
    computed = {one.name: one.computed for one in columns if one.computed}
    demanded = _demanded(predicate, columns) if checks else {}
    for check in checks:
        sql = spelled_out(check, computed) if computed.keys() & named_in(check) else check
        read = [one for one in columns if one.name in named_in(sql)]
        mark = next((one for one in read if one.name == marker.column), None)
        known = {*demanded, marker.column}
        if mark is None or ".*" in sql or _answers_the_unknown(sql, known, read):
            continue
        beside = tuple(one for one in read if one is not mark)
        given = tuple(demanded.get(one.name, "NULL") for one in beside)
        yield Question(marker, mark.type, mark.nullable, sql, beside, given=given)


def _demanded(predicate: str | None, columns: Sequence[Column]) -> Mapping[str, str]:
    """What a row must have to be in the key, by column, as SQL: `kind = 5 AND is_default`."""
    names = {one.name for one in columns}
    flags = {one.name for one in columns if one.category == "B"}
    found: dict[str, str] = {}
    for term in conjuncts(predicate) if predicate else ():
        if term in flags:
            found[term] = "true"
        elif (denied := _NOT.fullmatch(term)) and denied["column"] in flags:
            found[denied["column"]] = "false"
        elif (equal := _EQUALS.fullmatch(term)) and equal["column"] in names:
            found[equal["column"]] = equal["value"]
    return found


def _answers_the_unknown(sql: str, known: set[str], read: Sequence[Column]) -> bool:
    """It may be false for NULL and true for a value, as `note IS NOT NULL` is."""
    if known.issuperset(one.name for one in read):
        return False
    of_known = "|".join(re.escape(name) for name in known)
    told = re.compile(rf"(?<![\w\"])(?:{of_known}) IS (?:NOT )?(?:NULL|TRUE|FALSE)\b")
    plain = told.sub("", LITERAL.sub("''", sql))
    return bool(ANSWERS_NULL.search(plain) or _CALL.search(plain))
