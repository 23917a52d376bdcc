"""Exposure: the Tombstones that would block a re-creation if someone tried."""

# ruff: noqa: S608  (what is put together here comes from the catalog alone)

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from collectors.model import (
    Blocks,
    Catalog,
    Counting,
    ExposureCount,
    SoftDeleteMarker,
    Table,
    TableCounts,
    Topic,
    UniqueKey,
)
from collectors.postgres.printing import text_of, time_of, utc
from collectors.postgres.rows import source
from collectors.postgres.serving import plan_of
from collectors.postgres.snapshot import Snapshot
from collectors.postgres.tombstones.conditions import (
    DeletedParent,
    deleted_parents,
    holding_keys,
    holds,
    join_parents,
)

_SIZE = """
SELECT sum(greatest(c.reltuples, 0))::float8, bool_and(c.reltuples >= 0)
FROM pg_catalog.pg_class c
WHERE c.relkind = 'r' AND c.oid IN (
    SELECT to_regclass($1) UNION ALL SELECT relid FROM pg_partition_tree(to_regclass($1))
)
"""
"""$1 a table, quoted. `reltuples` is -1 where nothing was ever vacuumed or analyzed."""

Totals = Sequence[tuple[Any, ...]]
"""An organization, then rows and earliest deletion: first of any askable key, then of each key."""


def count_exposure(
    snapshot: Snapshot,
    catalog: Catalog,
    table: Table,
    *,
    never_asked: Collection[str] = (),
    share: float | None = None,
) -> TableCounts:
    """A soft-deletable table's Exposure by key and organization, from a `share` of it or all of it.

    `never_asked` names keys whose values nobody asks for again (a random token): they are counted,
    and left out of the whole. Raises StatementFailed and TargetUnreachable.
    """
    keys = holding_keys(table)
    totals: Totals = ()
    if keys:
        totals = snapshot.rows(exposure_sql(catalog, table, keys, never_asked, share))
    return TableCounts(
        snapshot.target,
        table.schema,
        table.name,
        Topic.EXPOSURE,
        _how(snapshot, table, share),
        exposures=tuple(_counts(keys, totals, never_asked, share)),
    )


def estimate_exposure(
    snapshot: Snapshot, table: Table, *, never_asked: Collection[str] = ()
) -> TableCounts | None:
    """The same from the planner's statistics, at once and for the whole table only.

    None where the table was never analyzed: then the planner itself only guesses.
    """
    keys, marker = holding_keys(table), table.marker
    rows = row_estimate(snapshot, table)
    if rows is None or marker is None:
        return None
    asked = [key for key in keys if key.name not in never_asked]
    conditions = [holds(table, key, ()) for key in keys]
    any_of = " OR ".join(f"({holds(table, key, ())})" for key in asked) or "false"
    estimates = [
        _estimated(snapshot, table, marker, condition) for condition in (any_of, *conditions)
    ]
    names = [None, *(key.name for key in keys)]
    return TableCounts(
        snapshot.target,
        table.schema,
        table.name,
        Topic.EXPOSURE,
        Counting(snapshot.as_of, estimated=True),
        exposures=tuple(
            ExposureCount(name, None, number, askable=name not in never_asked)
            for name, number in zip(names, estimates, strict=True)
        ),
    )


def row_estimate(snapshot: Snapshot, table: Table) -> float | None:
    """How many rows the statistics say there are; None where nothing was ever counted."""
    ((rows, known),) = snapshot.rows(_SIZE, table.qualified)
    return float(rows) if known else None


def exposure_sql(
    catalog: Catalog,
    table: Table,
    keys: Sequence[UniqueKey],
    never_asked: Collection[str] = (),
    share: float | None = None,
) -> str:
    """One pass over the Tombstones: an organization a row, then rows and oldest, any key first.

    Which keys a row holds is part of what it is grouped by, so that each condition is met once; and
    whether its organization is deleted is asked of the groups, not of each row.
    """
    marker, parents = table.marker, deleted_parents(catalog, table, keys)
    assert marker is not None
    owning = [one for one in parents if one.link.columns == (table.organization,)]
    others = [one for one in parents if one not in owning]
    owner = table.column(table.organization) if table.organization else None
    column = owner.name if owner else "tombstone_owner"
    held = "".join(
        f", ({holds(table, key, others)}) IS TRUE AS tombstone_k{n}" for n, key in enumerate(keys)
    )
    blocking = [_held_now(n, key, owning) for n, key in enumerate(keys)]
    any_of = [one for one, key in zip(blocking, keys, strict=True) if key.name not in never_asked]
    numbers = ", ".join(
        f"coalesce(sum(tombstone_rows) FILTER (WHERE {one}), 0)::bigint,"
        f" {time_of(f'(min(tombstone_since) FILTER (WHERE {one}))')}"
        for one in (" OR ".join(any_of) or "false", *blocking)
    )
    return f"""
SELECT {text_of(column, owner.type) if owner else column}, {numbers}
FROM (
    SELECT {column if owner else f"NULL::text AS {column}"}{held},
           count(*) AS tombstone_rows, min({marker.since or "NULL::timestamptz"}) AS tombstone_since
    FROM {source(table, percent=share and 100 * share)}{join_parents(others)}
    WHERE {marker.deleted}
    GROUP BY {", ".join(str(n + 1) for n in range(len(keys) + 1))}
) AS tombstone_counted{join_parents(owning)}
GROUP BY {column}"""


def _held_now(place: int, key: UniqueKey, owning: Sequence[DeletedParent]) -> str:
    """The rows of a group hold the key, and its organization is not deleted."""
    absent = (one.absent for one in owning if one.is_named_by(key))
    return f"({' AND '.join((f'tombstone_k{place}', *absent))})"


def _counts(
    keys: Sequence[UniqueKey], totals: Totals, never_asked: Collection[str], share: float | None
) -> Iterator[ExposureCount]:
    """Each organization's lines and the whole's; a sample's are scaled to all of the rows."""
    names = [None, *(key.name for key in keys)]
    for place, name in enumerate(names):
        askable, of_key = name not in never_asked, 2 * place + 1
        found = [(one[0], one[of_key], one[of_key + 1]) for one in totals if one[of_key]]
        whole = sum([rows for _, rows, _ in found])
        if share is not None:  # the whole for itself: what is rounded many times drifts away
            whole = round(whole / share)
            found = [(owner, round(rows / share), None) for owner, rows, _ in found]
        first = min((since for _, _, since in found if since is not None), default=None)
        yield ExposureCount(name, None, whole, utc(first), askable)
        for owner, rows, since in found:
            if owner is not None:
                yield ExposureCount(name, owner, rows, utc(since), askable)


def _how(snapshot: Snapshot, table: Table, share: float | None) -> Counting:
    notes = [
        f"{key.name} is INVALID: which rows it holds is not known."
        for key in table.keys
        if not key.valid and key.blocks is Blocks.CREATE
    ]
    if share is not None:
        notes.append(
            f"From {share:.1%} of the rows of {table.label}: an organization with few Tombstones "
            "may be missing."
        )
    return Counting(
        snapshot.as_of,
        sampled=share,
        by_organization=table.organization is not None,
        notes=tuple(notes),
    )


def _estimated(snapshot: Snapshot, table: Table, marker: SoftDeleteMarker, condition: str) -> int:
    """What the planner expects."""
    question = f"SELECT FROM {source(table)} WHERE ({marker.deleted}) AND ({condition})"
    return int(plan_of(snapshot, question)["Plan Rows"])
