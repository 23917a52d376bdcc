"""Creates a day, and Re-creations: creates whose key an older Tombstone of the table also has.

A row is compared as if no row were deleted: the marker's columns are taken as a create would fill
them, and the index's own expressions and predicate say what its key would be. So `(email,
deleted_at)`, a partial index and a boolean in the key all come to the same question.
"""

# ruff: noqa: S608  (what is put together here comes from the catalog alone)

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from collectors.model import (
    Counting,
    DayCount,
    KeyPart,
    KeyValues,
    MarkerKind,
    Table,
    TableCounts,
    Topic,
    UniqueKey,
    input_columns,
)
from collectors.model.releasable import columns_read
from collectors.model.released import kept_name
from collectors.model.sql_text import literal
from collectors.postgres.casting import text_array
from collectors.postgres.printing import text_of
from collectors.postgres.rows import created_at, source
from collectors.postgres.snapshot import Snapshot
from collectors.postgres.tombstones.conditions import as_if_live, first_day


@dataclass(frozen=True, slots=True)
class ReleasedKey:
    """Values that a Tombstone had, and gave up for a made-up one that tells nothing of them."""

    values: KeyValues
    since: datetime


def count_creates(
    snapshot: Snapshot, table: Table, *, days: int, share: float | None = None
) -> TableCounts | None:
    """Rows created on each of the last `days` UTC days; None where the table does not say when."""
    created = created_at(table)
    if created is None:
        return None
    first = first_day(snapshot.as_of, days)
    owner = table.column(table.organization) if table.organization else None
    statement = f"""
SELECT tombstone_day, {text_of("tombstone_owner", owner.type) if owner else "NULL::text"}, rows
FROM (
    SELECT ({created} AT TIME ZONE 'UTC')::date AS tombstone_day,
           {owner.name if owner else "NULL::text"} AS tombstone_owner, count(*) AS rows
    FROM {source(table, percent=share and 100 * share)}
    WHERE {created} >= $1::timestamptz AND {created} <= $2::timestamptz
    GROUP BY 1, 2
) AS tombstone_created"""
    rows = snapshot.rows(statement, first, snapshot.as_of)
    counts = [DayCount(day, whose, round(count / (share or 1))) for day, whose, count in rows]
    return _answer(snapshot, table, Topic.CREATES, first, counts, share=share)


def count_recreations(
    snapshot: Snapshot,
    table: Table,
    *,
    days: int,
    released: Mapping[str, Sequence[ReleasedKey]] | None = None,
) -> TableCounts | None:
    """Re-creations of the last `days` UTC days, by key, and under any key once a customer.

    `released` adds by key's name what Tombstones had and no longer show. None where the table does
    not say when a row was made. Raises StatementFailed and TargetUnreachable.
    """
    keys = comparable_keys(table)
    if table.marker is None or created_at(table) is None or not keys:
        return None
    given = released or {}
    first = first_day(snapshot.as_of, days)
    arrays = [array for key in keys for array in _arrays(table, key, given.get(key.name, ()))]
    rows = snapshot.rows(recreations_sql(table, keys), first, snapshot.as_of, *arrays)
    names = [None, *(key.name for key in keys)]
    counts = [
        DayCount(day, whose, count, name)
        for day, whose, *numbers in rows
        for name, count in zip(names, numbers, strict=True)
        if count
    ]
    return _answer(snapshot, table, Topic.RECREATIONS, first, counts, notes=tuple(_notes(table)))


_TAKEN = "a row that is younger than a deleted one of the same key is taken for a Re-creation."


def _notes(table: Table) -> Iterator[str]:
    """What the numbers rest on where a time of deletion is missing."""
    marker = table.marker
    if marker is None or marker.since is None:
        yield f"{table.label} does not say when a row was deleted: {_TAKEN}"
    elif marker.kind is MarkerKind.EPOCH:
        yield f"Where {marker.column} of {table.label} is no time of deletion, {_TAKEN}"


def comparable_keys(table: Table) -> tuple[UniqueKey, ...]:
    """The keys that live rows cannot share, so that the second row of one is a Re-creation.

    Those that every row has come first: a customer with two keys is known by the first that fits.
    """
    found = [key for key in table.keys if key.valid and not key.primary and _own_parts(table, key)]
    return tuple(sorted(found, key=lambda key: sum(_may_lack(table, key))))


def _may_lack(table: Table, key: UniqueKey) -> Iterator[bool]:
    columns = (table.column(name) for part in _own_parts(table, key) for name in part.columns)
    return (column is None or column.nullable for column in columns)


def recreations_sql(table: Table, keys: Sequence[UniqueKey]) -> str:
    """`$1` first moment, `$2` last; for each key the arrays of its released values and their times.

    Output: day, organization, how many customers under any key, and under each.
    """
    owner = table.column(table.organization) if table.organization else None
    arrays = itertools.count(3)
    groups = []
    for place, key in enumerate(keys):
        numbers = [next(arrays) for _ in range(len(_own_parts(table, key)) + 1)]
        groups.append(_join_group(table, key, place, numbers))
    matched = [f"tombstone_g{place}" for place in range(len(keys))]
    any_of = " ".join(f"WHEN {m} IS NOT NULL THEN '{n}:' || {m}" for n, m in enumerate(matched))
    return f"""
SELECT day, {text_of("owner", owner.type) if owner else "owner"}, "any", {", ".join(matched)}
FROM (
    SELECT (tombstone_created AT TIME ZONE 'UTC')::date AS day, tombstone_owner AS owner,
           count(DISTINCT CASE {any_of} END) AS "any",
           {", ".join(f"count(DISTINCT {m}) AS {m}" for m in matched)}
    FROM ({_presented(table, keys)}) AS {table.name}{"".join(groups)}
    WHERE tombstone_created >= $1::timestamptz AND tombstone_created <= $2::timestamptz
      AND (tombstone_deleted AND tombstone_since <= tombstone_created) IS NOT TRUE
      AND ({" OR ".join(f"{m} IS NOT NULL" for m in matched)})
    GROUP BY 1, 2
) AS tombstone_recreated"""


def _presented(table: Table, keys: Sequence[UniqueKey]) -> str:
    """Every row as if it were live, with what it is beside it.

    A Tombstone whose value was moved aside by a release is given it back, and what the database
    computes from the marker is computed anew.
    """
    marker, created = table.marker, created_at(table)
    assert marker is not None
    assert created is not None
    owner = table.organization or "NULL::text"
    since = f"({marker.since})" if marker.since else "NULL::timestamptz"
    needed = _needed(table, keys)
    anew = {name: sql for name in needed if (sql := _computed_by_marker(table, name))}
    read = {name for sql in anew.values() for name in columns_read(table, sql)}
    given = sorted({*needed, *read} - {*anew})
    columns = "".join(f", {_column(table, name)} AS {name}" for name in given)
    rows = (
        f"SELECT ({marker.deleted}) IS TRUE AS tombstone_deleted, {since} AS tombstone_since,"
        f" {created} AS tombstone_created, {owner} AS tombstone_owner{columns}"
        f" FROM {source(table)}"
    )
    if not anew:
        return rows
    computed = ", ".join(f"({sql}) AS {name}" for name, sql in anew.items())
    return f"SELECT *, {computed} FROM ({rows}) AS {table.name}"


def _computed_by_marker(table: Table, name: str) -> str | None:
    """The SQL of a column that the database computes from a mark of deletion."""
    column = table.column(name)
    if column is None or column.computed is None:
        return None
    marks = {marker.column for marker in table.markers}
    return column.computed if marks & columns_read(table, column.computed) else None


def _needed(table: Table, keys: Sequence[UniqueKey]) -> list[str]:
    """The columns that the keys read, and no other: the reader may have no grant for it."""
    read = (columns_read(table, key.predicate or "") | {*input_columns(key)} for key in keys)
    return sorted(set().union(*read))


def _column(table: Table, name: str) -> str:
    deleted = " OR ".join(f"({marker.deleted})" for marker in table.markers)
    for marker in table.markers:
        if marker.column == name:
            return f"CASE WHEN {deleted} THEN {as_if_live(table, marker)} ELSE {name} END"
    kept, column = table.column(table.kept_in.get(name, "")), table.column(name)
    if kept is None or column is None or column.category != "S" or "json" not in kept.type:
        return name
    value = f"COALESCE({name}, ({kept.name} ->> {literal(kept_name(name))})::{column.type})"
    return f"CASE WHEN {deleted} THEN {value} ELSE {name} END"


def _own_parts(table: Table, key: UniqueKey) -> tuple[KeyPart, ...]:
    """Without those that only tell deleted from live: they are the same for every row here."""
    marked = {marker.column for marker in table.markers}
    return tuple(part for part in key.parts if not marked.issuperset(part.columns))


def _join_group(table: Table, key: UniqueKey, place: int, arrays: Sequence[int]) -> str:
    """One key of the Tombstones, with its earliest deletion, joined to the rows that came after."""
    parts = _own_parts(table, key)
    within = f"({key.predicate})" if key.predicate else "true"
    guarded = [_guarded(part, key) for part in parts]
    values = ", ".join(f"{one} AS p{n}" for n, one in enumerate(guarded))
    names = ", ".join(f"p{n}" for n in range(len(parts)))
    complete = [f"p{n} IS NOT NULL" for n in range(len(parts)) if key.nulls_distinct]
    told = ", ".join(f"${n}::text[]" for n in arrays)
    casts = ", ".join(f"t{n}::{part.type}{_collate(part)}" for n, part in enumerate(parts))
    texts = ", ".join(f"t{n}" for n in range(len(parts)))
    joined = [
        _same(part, one, place, n, key)
        for n, (part, one) in enumerate(zip(parts, guarded, strict=True))
    ]
    return f"""
    LEFT JOIN (
        SELECT row_number() OVER () AS tombstone_g{place}, min(since) AS tombstone_since{place},
               {", ".join(f"p{n} AS tombstone_v{place}_{n}" for n in range(len(parts)))}
        FROM (
            SELECT {_SINCE} AS since, {values}
            FROM ({_presented(table, [key])}) AS {table.name}
            WHERE tombstone_deleted AND {within}
            UNION ALL
            SELECT since::timestamptz, {casts} FROM unnest({told}) AS told ({texts}, since)
        ) AS tombstone_had
        WHERE {" AND ".join(["since IS NOT NULL", *complete])}
        GROUP BY {names}
    ) AS tombstone_group{place} ON {" AND ".join([within, *joined])}
        AND tombstone_created >= tombstone_since{place}"""


_SINCE = """CASE WHEN tombstone_since IS NULL THEN tombstone_created + interval '1 microsecond'
                        ELSE tombstone_since END"""
"""Of a Tombstone without a time, only a younger row is a Re-creation: see `_notes`."""


def _guarded(part: KeyPart, key: UniqueKey) -> str:
    """NULL for a row outside the index, for which the expression may well fail."""
    if key.predicate is None or part.is_column:
        return f"({part.expression})"
    return f"CASE WHEN ({key.predicate}) THEN ({part.expression}) END"


def _same(part: KeyPart, expression: str, place: int, n: int, key: UniqueKey) -> str:
    """Equal as the index says; arrays of one, because in them NULL equals NULL."""
    other = f"tombstone_v{place}_{n}"
    if part.nullable and not key.nulls_distinct:
        return f"ARRAY[{expression}] = ARRAY[{other}]"
    return f"{expression} {part.equals} ({other}{_collate(part)})"


def _collate(part: KeyPart) -> str:
    return f" COLLATE {part.collation}" if part.collation else ""


def _arrays(table: Table, key: UniqueKey, released: Sequence[ReleasedKey]) -> list[str]:
    """One `text[]` for each part of the key that is its own, and one of the times."""
    own = [place for place, part in enumerate(key.parts) if part in _own_parts(table, key)]
    columns = [[one.values[place] for one in released] for place in own]
    return [*map(text_array, columns), text_array([one.since.isoformat() for one in released])]


def _answer(
    snapshot: Snapshot,
    table: Table,
    topic: Topic,
    first: datetime,
    days: Sequence[DayCount],
    *,
    share: float | None = None,
    notes: tuple[str, ...] = (),
) -> TableCounts:
    how = Counting(
        snapshot.as_of,
        covers_from=first,
        sampled=share,
        by_organization=table.organization is not None,
        notes=notes,
    )
    return TableCounts(snapshot.target, table.schema, table.name, topic, how, days=tuple(days))
