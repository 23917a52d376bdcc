"""Where a deletion can leave something behind, and the SQL that finds it: pure, from the catalog.

Every statement takes `$1` the first moment whose day is told, and `$2` the moment after the last.
"""

# ruff: noqa: S608  (what is put together here comes from the catalog alone)

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from collectors.model import Blocks, Catalog, ForeignKey, KeyPart, Table, UniqueKey, input_columns
from collectors.model.leftovers import LeftoverKind
from collectors.model.releasable import columns_read
from collectors.postgres.printing import text_of, time_of
from collectors.postgres.rows import identity, source
from collectors.postgres.tombstones.conditions import (
    deleted_parents,
    holding_keys,
    holds,
    join_parents,
)
from collectors.postgres.tombstones.dependents import children, live_row, tells_live

SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Place:
    """One foreign key or unique key to look at.

    rows   whose rows are counted
    found  a FROM with its WHERE, `{sample}` where a share of the rows may be taken; its output has
           `tombstone_since`, and the `shown` columns as texts
    shown  the row's id first (of `width` columns), then the key's values
    """

    kind: LeftoverKind
    rows: Table
    name: str
    found: str
    width: int
    shown: tuple[str, ...]


def places(catalog: Catalog, table: Table, never_asked: Collection[str] = ()) -> Iterator[Place]:
    """Everywhere that a Tombstone of this table can have left something."""
    if table.marker is None:
        return
    for child, link in children(catalog, table):
        if tells_live(child):
            yield _live_child(table, child, link)
    for kind, keys in (
        (LeftoverKind.HELD_KEY, holding_keys(table)),
        (LeftoverKind.ERASED, _keys_of_the_erased(table)),
    ):
        for key in keys:
            if key.name not in never_asked:
                yield _of_key(catalog, table, key, kind)


def untold(catalog: Catalog, table: Table) -> list[str]:
    """The tables that refer to this one, and do not say which of their rows are live."""
    silent = {child.label for child, _ in children(catalog, table) if not tells_live(child)}
    return sorted(silent) if table.marker else []


def counting(place: Place, share: float | None) -> str:
    """A UTC day a row (NULL: before `$1`, or not known), with rows and the earliest deletion."""
    day = (
        "CASE WHEN tombstone_since >= $1::timestamptz AND tombstone_since < $2::timestamptz"
        " THEN (tombstone_since AT TIME ZONE 'UTC')::date END"
    )
    return f"""
SELECT {day}, count(*), {time_of("min(tombstone_since)")}
FROM ({_sampled(place, share)}) AS tombstone_left
GROUP BY 1"""


def sampling(place: Place, share: float | None) -> str:
    """The oldest few: ids and values as texts, and since when. Takes no parameter."""
    shown = ", ".join(f"tombstone_text{n}" for n in range(len(place.shown)))
    return f"""
SELECT {time_of("tombstone_since")}, {shown}
FROM ({_sampled(place, share)}) AS tombstone_left
ORDER BY tombstone_since NULLS LAST, {shown} LIMIT {SAMPLES}"""


def _sampled(place: Place, share: float | None) -> str:
    percent = None if share is None else 100 * share
    return place.found.replace("{sample}", source(place.rows, percent=percent))


def _live_child(parent: Table, child: Table, link: ForeignKey) -> Place:
    """Rows of `child` that still do something, whose parent is deleted.

    Money that was received is a record of what was, and is kept on purpose.
    """
    marker = parent.marker
    assert marker is not None
    ids = identity(child)
    texts = tuple(text_of(part.expression, part.type) for part in ids)
    links = ", ".join(f"{own} AS tombstone_link{n}" for n, own in enumerate(link.columns))
    to = ", ".join(f"{other} AS tombstone_to{n}" for n, other in enumerate(link.to_columns))
    joined = " AND ".join(f"tombstone_link{n} = tombstone_to{n}" for n in range(len(link.columns)))
    live = live_row(child)
    if child.paid_when and not child.live_when:
        live += f" AND ({child.paid_when}) IS NOT TRUE"
    found = (
        f"SELECT * FROM (SELECT {links}, {_texts(texts)} FROM {{sample}} WHERE {live})"
        f" AS tombstone_child JOIN (SELECT {to}, {marker.since or 'NULL::timestamptz'}"
        f" AS tombstone_since FROM {source(parent)} WHERE {marker.deleted})"
        f" AS tombstone_parent ON {joined}"
    )
    return Place(LeftoverKind.LIVE_CHILD, child, link.name, found, len(ids), texts)


def _of_key(catalog: Catalog, table: Table, key: UniqueKey, kind: LeftoverKind) -> Place:
    marker = table.marker
    assert marker is not None
    parents = deleted_parents(catalog, table, [key])
    ids = identity(table)
    parts: tuple[KeyPart, ...] = ids if kind is LeftoverKind.ERASED else (*ids, *key.parts)
    texts = tuple(text_of(part.expression, part.type) for part in parts)
    deleted = f"({marker.deleted}) IS TRUE"
    which = deleted
    if kind is LeftoverKind.ERASED:
        counted = "" if key.blocks is Blocks.CREATE else f" AND NOT {deleted}"
        which = f"({table.erased_when}) IS TRUE{counted}"
    found = (
        f"SELECT {marker.since or 'NULL::timestamptz'} AS tombstone_since, {_texts(texts)}"
        f" FROM {{sample}}{join_parents(parents)} WHERE {which}"
        f" AND ({holds(table, key, parents)}) IS TRUE"
    )
    return Place(kind, table, key.name, found, len(ids), texts)


def _texts(texts: tuple[str, ...]) -> str:
    return ", ".join(f"{text} AS tombstone_text{n}" for n, text in enumerate(texts))


def _keys_of_the_erased(table: Table) -> Iterator[UniqueKey]:
    """Those that erasing does not overwrite."""
    if not table.erased_when:
        return
    overwritten = columns_read(table, table.erased_when)
    for key in table.keys:
        if key.valid and not key.primary and overwritten.isdisjoint(input_columns(key)):
            yield key
