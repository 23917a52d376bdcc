"""What a plan is made from, gathered by `service` and judged by pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from collectors.model import Catalog, Confidence, ForeignKey, KeyValues, Table, UniqueKey

Texts = Mapping[str, str | None]
"""A row's columns as PostgreSQL prints them (UTC, ISO dates), by their quoted names."""


class RemedyName(StrEnum):
    """The kinds of cure."""

    RELEASE_KEY = "release-key"
    RESTORE_ROW = "restore-row"
    PURGE_ROW = "purge-row"


@dataclass(frozen=True, slots=True)
class Row:
    """A row as one look found it.

    holds   it has the Conflict's KeyValues and the unique key counts it
    erased  it was erased or anonymized, or is to be; None where the table has no such rule
    """

    columns: Texts = field(repr=False)
    deleted: bool
    holds: bool
    erased: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """The form that images are sealed in."""
        return {
            "columns": dict(self.columns),
            "deleted": self.deleted,
            "holds": self.holds,
            "erased": self.erased,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Row:
        """The reverse of `as_json`."""
        return cls(stored["columns"], stored["deleted"], stored["holds"], stored["erased"])


@dataclass(frozen=True, slots=True)
class Place:
    """Which row of which table of which Target, and the key it is about.

    key     None when the catalog no longer has it
    values  the Conflict's KeyValues, one a part of `key`; None when they are no longer kept
    """

    conflict_id: str
    environment: str
    target: str
    table: Table
    key: UniqueKey | None
    values: KeyValues | None = field(repr=False)
    row_id: str
    foreign_keys: tuple[ForeignKey, ...] = ()
    dependents: tuple[str, ...] = ()
    """Tables whose rows refer to this table's and can be soft-deleted themselves."""

    @property
    def referring(self) -> tuple[ForeignKey, ...]:
        """The references to this table."""
        here = (self.table.schema, self.table.name)
        return tuple(fk for fk in self.foreign_keys if (fk.to_schema, fk.to_table) == here)


@dataclass(frozen=True, slots=True)
class Child:
    """A row that refers to ours, deleted in the same moment, and to be restored along with it."""

    place: Place
    row: Row | None
    triggers_known: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """A Place with its row, and what must hold before any Remedy is thought of.

    parent_deleted  a row that it belongs to was soft-deleted; None where it is not known
    triggers_known  settings say that this table's user triggers are harmless
    kept_free       nobody else holds the value that an earlier release has kept in the row
    same_moment     how many rows of which tables were deleted together with it, and stay so
    children        those of them that somebody asked to have restored along
    """

    place: Place
    confidence: Confidence | None
    row: Row | None
    parent_deleted: bool | None = None
    triggers_known: bool = False
    kept_free: bool = False
    same_moment: tuple[tuple[str, int], ...] = ()
    children: tuple[Child, ...] = ()


def referencing_tables(catalog: Catalog, table: Table) -> tuple[str, ...]:
    """The tables that refer to this one and have a SoftDeleteMarker, by their labels."""
    children = referring_tables(catalog, table)
    return tuple(sorted({child.label for child in children if child.marker}))


def referring_tables(catalog: Catalog, table: Table) -> list[Table]:
    """The tables that refer to this one, as often as they do."""
    here = (table.schema, table.name)
    children = (
        catalog.table(fk.schema, fk.table)
        for fk in catalog.foreign_keys
        if (fk.to_schema, fk.to_table) == here
    )
    return [child for child in children if child is not None]


def foreign_keys_of(catalog: Catalog, table: Table) -> tuple[ForeignKey, ...]:
    """The references from this table and to it; of a partition, those of its whole table too."""
    here = (table.schema, table.name)
    found: dict[tuple[str, str, str], ForeignKey] = {}
    for whole in (here, *_wholes(catalog, here)):
        for fk in catalog.foreign_keys:
            name = (fk.schema, fk.table, fk.name)
            if (fk.to_schema, fk.to_table) == whole:
                found.setdefault(name, replace(fk, to_schema=here[0], to_table=here[1]))
            elif (fk.schema, fk.table) == whole:
                found.setdefault(name, replace(fk, schema=here[0], table=here[1]))
    return tuple(found.values())


def _wholes(catalog: Catalog, part: tuple[str, str]) -> list[tuple[str, str]]:
    """The partitioned tables that this is a partition of."""
    return [
        (whole.schema, whole.name)
        for whole in catalog.tables
        if any((its.schema, its.name) == part for its in whole.partitions)
    ]
