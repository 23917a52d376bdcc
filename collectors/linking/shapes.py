"""A UniqueKey in the shape that an Event's own columns draw, made of catalog parts only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from collectors.linking.expressions import find
from collectors.linking.question import reads_marker
from collectors.model import Column, KeyPart, Table, UniqueKey

_SIZE = re.compile(r"\(\d+(?:,\d+)?\)")


@dataclass(frozen=True, slots=True)
class Shape:
    """A key as the Event's columns draw it; `order[i]` is where part i stands in the Event."""

    key: UniqueKey
    order: tuple[int, ...]


def shape_of(key: UniqueKey, table: Table, columns: Sequence[str]) -> Shape | None:
    """`key` over the Event's columns, or None where the catalog does not know them all.

    Columns that are gone do no harm as long as today's whole key is among the others: then it is
    asked by today's key. None as well where the columns leave a part of today's key open: a row
    that has their values need not be in the way of anything, and there may be thousands.
    """
    if not columns or tuple(columns) == key.columns:
        return Shape(key, tuple(range(len(key.parts))))
    places: dict[KeyPart, int] = {}
    for place, column in enumerate(columns):
        part = _part(column, key, table)
        if part is not None:
            places.setdefault(part, place)
    unknown = len(columns) - len(places)
    if set(key.parts) <= set(places) and (unknown or len(places) == len(key.parts)):
        return Shape(key, tuple(places[part] for part in key.parts))
    if unknown or not _settle(places, key, table):
        return None
    parts = (*(p for p in key.parts if p in places), *(p for p in places if p not in key.parts))
    return Shape(_reshaped(key, table, parts), tuple(places[part] for part in parts))


def narrower(key: UniqueKey, table: Table, columns: Sequence[str]) -> Shape | None:
    """The Event's columns as parts, where today's key has all of them and more; else None."""
    found = [_part(column, key, table) for column in columns]
    parts = tuple(part for part in found if part is not None)
    if not parts or len(parts) < len(columns) or not set(parts) < set(key.parts):
        return None
    return Shape(variant(key, parts=parts), tuple(range(len(parts))))


def _settle(parts: Iterable[KeyPart], key: UniqueKey, table: Table) -> bool:
    """Rows alike in these parts are alike in the key, but for the mark of deletion."""
    known = set(parts)
    plain = {part.expression for part in known if part.is_column}
    return all(
        part in known or plain.issuperset(part.columns) or reads_marker(part, table)
        for part in key.parts
    )


def unmarked(key: UniqueKey, table: Table) -> UniqueKey:
    """The key without the parts that depend on the mark of deletion, if any others are left."""
    parts = tuple(part for part in key.parts if not reads_marker(part, table))
    return variant(key, parts=parts) if parts and parts != key.parts else key


def repeating_no_null(key: UniqueKey) -> UniqueKey:
    """The key with NULLS NOT DISTINCT."""
    return variant(key, nulls_distinct=False)


def variant(
    key: UniqueKey,
    *,
    parts: tuple[KeyPart, ...] | None = None,
    whole: bool = True,
    counts_deleted: bool | None = None,
    nulls_distinct: bool | None = None,
) -> UniqueKey:
    """A key like this one; not `whole`: without its predicate.

    The same change of the same key gives the same object, so that a page's look-ups are asked in
    one statement a key shape.
    """
    changed = (
        parts or key.parts,
        key.predicate if whole else None,
        key.counts_deleted if counts_deleted is None else counts_deleted,
        key.nulls_distinct if nulls_distinct is None else nulls_distinct,
    )
    return _variant(_Same(key), *changed)


class _Same:
    """A key as itself: hashing it by value would take longer than looking its values up."""

    def __init__(self, key: UniqueKey) -> None:
        self.key = key

    def __hash__(self) -> int:
        return id(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.key is other.key


@lru_cache(maxsize=1_024)
def _variant(
    same: _Same,
    parts: tuple[KeyPart, ...],
    predicate: str | None,
    counts_deleted: bool,
    nulls_distinct: bool,
) -> UniqueKey:
    return replace(
        same.key,
        parts=parts,
        predicate=predicate,
        counts_deleted=counts_deleted,
        nulls_distinct=nulls_distinct,
    )


def _reshaped(key: UniqueKey, table: Table, parts: tuple[KeyPart, ...]) -> UniqueKey:
    """The key over other parts. Its predicate then is unknown; a row must be in today's index.

    Where that holds no deleted rows none is asked, or the Tombstone would not be found.
    Where the mark of deletion is a column of today's key and was none of the Event's, the key
    counted deleted rows then, whatever it does now.
    """
    with_marker = any(reads_marker(part, table) for part in parts)
    gained_marker = any(reads_marker(part, table) for part in key.parts)
    counted = not with_marker and (key.counts_deleted or gained_marker)
    return variant(key, parts=parts, whole=key.counts_deleted, counts_deleted=counted)


def _part(column: str, key: UniqueKey, table: Table) -> KeyPart | None:
    """The catalog's part of that spelling: of this key, of a sister key, or a plain column."""
    for parts in _known_parts(key, table):
        found = find(column, parts, _expression)
        if found is not None:
            return found
    return None


def _known_parts(key: UniqueKey, table: Table) -> Iterator[Sequence[KeyPart]]:
    yield key.parts
    yield tuple(dict.fromkeys(part for sister in table.keys for part in sister.parts))
    yield tuple(_plain(column) for column in table.columns)


def _plain(column: Column) -> KeyPart:
    return KeyPart(column.name, (column.name,), _SIZE.sub("", column.type), column.nullable)


def _expression(part: KeyPart) -> str:
    return part.expression
