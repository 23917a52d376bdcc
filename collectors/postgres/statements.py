"""The SQL of a look-up: pure. Names and expressions from the catalog, values only as `$n`.

One statement asks for a batch: its values come as one array a key part (measured: twice as fast as
anything else that batches, and at least 7 times one query a key), and for each the index is entered
once. `OFFSET 0`, and the look-up's own LIMIT, keep PostgreSQL from turning that into a join: asked
for many keys at once it would read the whole table instead.

Inside the look-up's own SELECT the table stands under its own name, alone, so that expressions and
conditions mean what they mean in the catalog. Our own names begin with `tombstone_`.
"""

# ruff: noqa: S608  (what is put together here comes from the catalog alone)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from collectors.model import (
    Column,
    KeyPart,
    MarkerKind,
    SoftDeleteMarker,
    Table,
    UniqueKey,
)
from collectors.model.releasable import marks_of
from collectors.postgres.parents import Parent, join_parents, links, parent_columns
from collectors.postgres.printing import text_of, time_of
from collectors.postgres.rows import created_at, identity, source

MOST_HOLDERS = 100
"""Rows that a look-up brings back. An index holds one for each set of values, but a key that was
mended leaves behind every deleted row of a name that was created again and again."""


def held_rows(
    table: Table,
    asked: Sequence[KeyPart],
    nulls: Sequence[bool],
    *,
    key: UniqueKey,
    parents: Sequence[Parent] = (),
    within: bool = False,
) -> str:
    """The rows whose `asked` parts equal the given values.

    Output: the place of the look-up in the batch (from 1), deleted, whether another mark says
    otherwise, since, created, organization, erased, of a deleted parent its place in `parents`, id
    (an array) and since, then the columns of the row's id and of the key's values. `$1`, `$2`, …
    are a text[] for each part that `nulls` does not say must be NULL. `within` asks only for rows
    that the index of `key` contains; outside it an expression of the key may well fail for a row.
    """
    texts = [text_of(part.expression, part.type) for part in (*identity(table), *key.parts)]
    shown = ", ".join(f"tombstone_held.text{n}" for n in range(len(texts)))
    where = [_equals(part, place) for place, part in enumerate(asked) if not nulls[place]]
    where += [f"({part.expression}) IS NULL" for place, part in enumerate(asked) if nulls[place]]
    if within and key.predicate:
        where.append(f"({key.predicate})")
    # An invalid index cannot be entered: then one pass over the table is the best there is.
    fence = "" if within and not key.valid else f"LIMIT {MOST_HOLDERS + 1}"
    return f"""
SELECT tombstone_asked.number, tombstone_held.deleted, tombstone_held.contradicted,
       tombstone_held.since, tombstone_held.created, tombstone_held.organization,
       tombstone_held.erased,
       {parent_columns(parents)}, {shown}
FROM ({_asked(asked, nulls)}) AS tombstone_asked
CROSS JOIN LATERAL (
    SELECT {_described(table, texts, key)}{links(parents)}
    FROM {source(table)}
    WHERE {" AND ".join(where)}
    {fence}
) AS tombstone_held
{join_parents(parents)}"""


def key_values_of(table: Table, key: UniqueKey, columns: Sequence[Column]) -> str:
    """The key's values as they would be for rows of these columns' values.

    `$1`, `$2`, … are a text[] for each column. Output: the place in the batch (from 1), whether
    every text survived its column's length limit (which a cast enforces by cutting), the values.
    """
    values = ", ".join(text_of(part.expression, part.type) for part in key.parts)
    places = range(len(columns))
    casts = ", ".join(
        f"c{i}::{column.type} AS {column.name}" for i, column in zip(places, columns, strict=True)
    )
    texts = ", ".join(f"c{i} AS tombstone_text{i}" for i in places)
    return f"""
SELECT tombstone_number, {_all_fit(columns)}, {values}
FROM (
    SELECT number AS tombstone_number, {texts}, {casts}
    FROM {_unnest(len(columns))} OFFSET 0
) AS {table.name}"""


def cast_only(type_: str) -> str:
    """Whether $1 can be read as a value of that type: an error if not."""
    return f"SELECT $1::text::{type_} IS NULL"


def only_within(key: UniqueKey) -> UniqueKey:
    """The key with expressions that are NULL for a row outside its index, instead of failing."""
    condition = key.predicate or "true"
    return replace(
        key,
        parts=tuple(
            replace(part, expression=f"CASE WHEN ({condition}) THEN ({part.expression}) END")
            for part in key.parts
        ),
    )


def _asked(parts: Sequence[KeyPart], nulls: Sequence[bool]) -> str:
    """Each value is cast once, and all of them before the table is entered."""
    given = [place for place in range(len(parts)) if not nulls[place]]
    casts = [f"c{n}::{parts[place].type} AS v{place}" for n, place in enumerate(given)]
    return f"SELECT {', '.join(['number', *casts])} FROM {_unnest(len(given))} OFFSET 0"


def _unnest(width: int) -> str:
    """A shape without a single value is one question, whatever the batch."""
    if not width:
        return "(SELECT 1) AS tombstone_given (number)"
    arrays = ", ".join(f"${n + 1}::text[]" for n in range(width))
    names = ", ".join(f"c{n}" for n in range(width))
    return f"unnest({arrays}) WITH ORDINALITY AS tombstone_given ({names}, number)"


def _equals(part: KeyPart, place: int) -> str:
    collate = f" COLLATE {part.collation}" if part.collation else ""
    return f"({part.expression}) {part.equals} (tombstone_asked.v{place}{collate})"


def _described(table: Table, texts: Sequence[str], key: UniqueKey) -> str:
    marker = table.marker
    owner = table.column(table.organization) if table.organization else None
    outputs = {
        "deleted": f"({marker.deleted}) IS TRUE" if marker else "false",
        "contradicted": _contradicted(table, key),
        "since": time_of(marker.since if marker else None),
        "created": time_of(created_at(table)),
        "organization": text_of(owner.name, owner.type) if owner else "NULL::text",
        "erased": f"({table.erased_when}) IS TRUE" if table.erased_when else "false",
        **{f"text{n}": text for n, text in enumerate(texts)},
    }
    return ",\n           ".join(f"{sql} AS {name}" for name, sql in outputs.items())


def _contradicted(table: Table, key: UniqueKey) -> str:
    """Another mark says "deleted" of a row that is not, or in so many words "live" of one that is.

    Or nothing of one that is, where the key goes by it: then the row is in the index. A status has
    other things to say of a deleted row, and a second time may mean something else. Where there is
    no other mark, the only one has a value that says neither.
    """
    marker, others = table.marker, [one for one in table.markers if one is not table.marker]
    if marker is None or not others:
        return f"({marker.doubt}) IS TRUE" if marker and marker.doubt else "false"
    read = marks_of(key, table)
    live = [said for one in others if (said := _says_live(one, key, read=one in read))]
    gone = " OR ".join(f"({one.deleted}) IS TRUE" for one in others)
    return f"CASE WHEN {marker.deleted} THEN {' OR '.join(live) or 'false'} ELSE {gone} END"


def _says_live(marker: SoftDeleteMarker, key: UniqueKey, *, read: bool) -> str | None:
    """Where a mark says "live"; None where it never does. `read`: the key goes by it."""
    if read and not (marker.kind is MarkerKind.STATUS and key.counts_deleted):
        return f"({marker.deleted}) IS NOT TRUE"
    if marker.kind in (MarkerKind.BOOLEAN, MarkerKind.EPOCH):
        return f"({marker.column} IS NOT NULL AND ({marker.deleted}) IS NOT TRUE)"
    return None


def _all_fit(columns: Sequence[Column]) -> str:
    tests = [
        f"rtrim(tombstone_text{i}) IS NOT DISTINCT FROM rtrim({column.name}::text)"
        for i, column in enumerate(columns)
        if column.category in "SA"
    ]
    return " AND ".join(tests) or "true"
