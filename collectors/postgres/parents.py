"""The tables whose deletion leaves rows of another behind, and their part of a look-up: pure."""

# ruff: noqa: S608  (what is put together here comes from the catalog alone)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collectors.model import Catalog, ForeignKey, Table
from collectors.postgres.printing import text_of, time_of
from collectors.postgres.rows import identity, source


@dataclass(frozen=True, slots=True)
class Parent:
    """A soft-deletable table that rows of another belong to, and by which of their columns."""

    table: Table
    link: ForeignKey


def parents_of(catalog: Catalog, table: Table) -> tuple[Parent, ...]:
    """The tables whose deletion makes a live row of this one a leftover.

    Only a reference that is always there, or that is deleted with its parent, is belonging: a
    customer does not belong to the discount it may have.
    """
    return tuple(
        Parent(parent, link)
        for link in catalog.foreign_keys
        if (link.schema, link.table) == (table.schema, table.name)
        and (parent := catalog.table(link.to_schema, link.to_table))
        and parent.marker
        and _belongs(table, link)
    )


def links(parents: Sequence[Parent]) -> str:
    """The referring columns, under names that no parent's own column can hide."""
    return "".join(
        f", {column} AS link{p}_{c}"
        for p, parent in enumerate(parents)
        for c, column in enumerate(parent.link.columns)
    )


def parent_columns(parents: Sequence[Parent]) -> str:
    """Which of the parents was deleted, its id and since when; NULL each where there is none."""
    if not parents:
        return "NULL::int, NULL::text[], NULL::timestamp"
    return ", ".join(f"tombstone_parent.{name}" for name in ("parent", "id", "since"))


def join_parents(parents: Sequence[Parent]) -> str:
    """The parent that was deleted first, for a row that is not deleted itself."""
    if not parents:
        return ""
    branches = " UNION ALL ".join(_deleted_parent(p, parent) for p, parent in enumerate(parents))
    first = "ORDER BY since NULLS LAST LIMIT 1" if len(parents) > 1 else "LIMIT 1"
    return f"""LEFT JOIN LATERAL (
    {branches}
    {first}
) AS tombstone_parent ON true"""


def _belongs(table: Table, link: ForeignKey) -> bool:
    columns = [table.column(name) for name in link.columns]
    always = all(column is not None and not column.nullable for column in columns)
    return always or link.on_delete == "CASCADE"


def _deleted_parent(place: int, parent: Parent) -> str:
    table, marker = parent.table, parent.table.marker
    assert marker is not None
    joined = " AND ".join(
        f"({column}) = tombstone_held.link{place}_{c}"
        for c, column in enumerate(parent.link.to_columns)
    )
    ids = ", ".join(text_of(part.expression, part.type) for part in identity(table))
    return (
        f"SELECT {place} AS parent, ARRAY[{ids}] AS id, {time_of(marker.since)} AS since"
        f" FROM {source(table)}"
        f" WHERE NOT tombstone_held.deleted AND {joined} AND ({marker.deleted})"
    )
