"""A Target's catalog: every unique key of the configured schemas, and what surrounds them.

Eight statements in two round trips for a whole schema, however many tables it has, and a third for
the conditions of its mapping.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.errors import SettingsError
from collectors.model import (
    Catalog,
    Column,
    ForeignKey,
    Partition,
    SoftDeleteMarker,
    Table,
    label_of,
)
from collectors.postgres import catalog_sql
from collectors.postgres.keys import PartRow, unique_keys
from collectors.postgres.mapping import POLAR, MarkerMapping, TableMapping
from collectors.postgres.markers import (
    GONE,
    ColumnFacts,
    created_column,
    find_markers,
    mapped_marker,
)
from collectors.postgres.outage import StatementFailed
from collectors.postgres.snapshot import Rows, Snapshot

ON_DELETE = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
"""`pg_constraint.confdeltype`."""

Labels = Mapping[tuple[int, int | str], Sequence[str]]
"""The values a column is known to take, by (table, number) or (table, raw name)."""


@dataclass(frozen=True, slots=True)
class _TableRow:
    """One row of `catalog_sql.TABLES`."""

    oid: int
    schema: str
    name: str
    row_security: bool
    raw_name: str
    inherited: bool
    partitioned: bool
    partitioned_by: Sequence[str]

    @property
    def place(self) -> str:
        """Its name as a statement has it."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class _Columns:
    """A table's columns by their number, in their order, and what they say of its rows."""

    facts: Mapping[int, ColumnFacts]
    markers: tuple[SoftDeleteMarker, ...]
    created_at: str | None

    @classmethod
    def of(cls, facts: Mapping[int, ColumnFacts]) -> _Columns:
        """What their names, types and known values say."""
        each = [*facts.values()]
        return cls(facts, find_markers(each), created_column(each))


@dataclass(frozen=True, slots=True)
class _Parts:
    """What belongs to a table besides its columns, by its oid."""

    keys: Mapping[int, Sequence[PartRow]]
    triggers: Mapping[int, Sequence[str]]
    partitions: Mapping[int, Sequence[Partition]]


def read_catalog(
    snapshot: Snapshot,
    *,
    schemas: Sequence[str] = ("public",),
    mapping: Mapping[str, TableMapping] = POLAR,
) -> Catalog:
    """The catalog as of now; `schemas` are raw names, `mapping` is by `table` or `schema.table`.

    `primary_key` is empty for a table that has none. Raises SettingsError where the mapping names a
    column that the table does not have, and TargetUnreachable.
    """
    named = list(schemas)
    # Of the server's time most goes to the keys' parts; until then, what is known is made use of.
    known, (key_parts, triggers, partitions, foreign_keys) = snapshot.rows_of_each_while(
        (
            (catalog_sql.TABLES, named),
            (catalog_sql.CHECKS, named),
            (catalog_sql.SEEN_STATES, named, sorted(GONE)),
            (catalog_sql.COLUMNS, named),
        ),
        _with_columns,
        (
            (catalog_sql.KEY_PARTS, named),
            (catalog_sql.TRIGGERS, named),
            (catalog_sql.PARTITIONS, named),
            (catalog_sql.FOREIGN_KEYS, named),
        ),
    )
    parts = _Parts(
        _by_table([PartRow(*row) for row in key_parts]),
        _names_by_table(triggers),
        _partitions(partitions),
    )
    told = _borne_out(snapshot, [(row, its, _mapping_of(row, its, mapping)) for row, its in known])
    return Catalog(
        snapshot.as_of,
        tuple([_table(*one, parts, its) for one, its in zip(known, told, strict=True)]),
        tuple([_foreign_key(row) for row in foreign_keys]),
    )


def _table(row: _TableRow, found: _Columns, parts: _Parts, told: TableMapping) -> Table:
    columns = {number: fact.column for number, fact in found.facts.items()}
    markers = _markers(found, told)
    keys = unique_keys(row.schema, row.name, parts.keys.get(row.oid, ()), columns, markers)
    primary = next((key for key in keys if key.primary), None)
    return Table(
        schema=row.schema,
        name=row.name,
        columns=tuple(columns.values()),
        primary_key=primary.columns if primary else (),
        keys=keys,
        marker=markers[0] if markers else None,
        created_at=found.created_at,
        organization=told.organization,
        erased_when=told.erased_when,
        kept_in=told.kept_in,
        triggers=tuple(parts.triggers.get(row.oid, ())),
        row_security=row.row_security,
        title=told.name,
        money=told.money,
        currency=told.currency,
        live_when=told.live_when,
        paid_when=told.paid_when,
        markers=markers,
        inherited=row.inherited,
        partitioned=row.partitioned,
        partitioned_by=tuple(row.partitioned_by),
        partitions=tuple(parts.partitions.get(row.oid, ())),
    )


def _markers(found: _Columns, told: TableMapping) -> tuple[SoftDeleteMarker, ...]:
    return found.markers if told.marker is None else (_mapped(found, told.marker),)


def _mapped(found: _Columns, marker: MarkerMapping) -> SoftDeleteMarker:
    named = next(fact for fact in found.facts.values() if fact.column.name == marker.column)
    return mapped_marker(marker, named)


def _mapping_of(
    table: _TableRow, found: _Columns, mapping: Mapping[str, TableMapping]
) -> TableMapping:
    """What is told of this table, once its columns bear it out."""
    told = mapping.get(table.place) or mapping.get(table.name)
    if told is None:
        return TableMapping()
    known = {fact.column.name for fact in found.facts.values()}
    missing = [column for column in told.columns if column not in known]
    return _unfit(table, told, f"has no column {missing[0]}") if missing else told


def _borne_out(
    snapshot: Snapshot, told: Sequence[tuple[_TableRow, _Columns, TableMapping]]
) -> list[TableMapping]:
    """What is told of each table, once the server can read its conditions.

    It is given all of them at once, and only if it balks each for itself.
    """
    every = [
        _asked(table, condition)
        for table, found, its in told
        for condition in _conditions(found, its).values()
    ]
    if not every or _refusal(snapshot, *every) is None:
        return [its for _, _, its in told]
    return [_readable(snapshot, table, found, its) for table, found, its in told]


def _conditions(found: _Columns, told: TableMapping) -> Mapping[str, str]:
    """Its own, and that by which its marker says "deleted": the column may be of another type."""
    if told.marker is None:
        return told.conditions
    return {**told.conditions, "marker": _mapped(found, told.marker).deleted}


def _readable(
    snapshot: Snapshot, table: _TableRow, found: _Columns, told: TableMapping
) -> TableMapping:
    for name, condition in _conditions(found, told).items():
        failure = _refusal(snapshot, _asked(table, condition))
        # A grant that lacks is doctor's to say, and no fault of the mapping.
        if failure is not None and not failure.denied:
            return _unfit(table, told, f"cannot be asked its {name}")
    return told


def _asked(table: _TableRow, condition: str) -> str:
    """The condition over no rows."""
    return f"SELECT FROM {table.place} WHERE ({condition}) LIMIT 0"


def _refusal(snapshot: Snapshot, *statements: str) -> StatementFailed | None:
    """How the server refuses them, if it does."""
    try:
        snapshot.attempt_each(*((statement,) for statement in statements))
    except StatementFailed as failure:
        return failure
    return None


def _unfit(table: _TableRow, told: TableMapping, why: str) -> TableMapping:
    """Nothing, where it was we who told it wrongly. Raises SettingsError where it was not."""
    if told.shipped:
        return TableMapping()
    label = label_of(table.schema, table.name)
    raise SettingsError(f"The mapping of table {label} does not fit: the table {why}.")


def _with_columns(
    tables: Rows, checks: Rows, states: Rows, columns: Rows
) -> list[tuple[_TableRow, _Columns]]:
    """Each table, with its columns."""
    rows = [_TableRow(*row) for row in tables]
    of_each = _columns(columns, _known_labels(checks, states, rows))
    return [(row, _Columns.of(of_each[row.oid])) for row in rows]


def _columns(rows: Rows, labels: Labels) -> defaultdict[int, dict[int, ColumnFacts]]:
    columns: defaultdict[int, dict[int, ColumnFacts]] = defaultdict(dict)
    for row in rows:
        table, number, quoted, raw, type_, nullable, generated, category, base, *more = row
        default, computed, enum = more
        column = Column(quoted, type_, nullable, generated, category, default, computed)
        seen = (*enum, *labels.get((table, number), ()), *labels.get((table, raw), ()))
        columns[table][number] = ColumnFacts(column, raw, base, default, seen)
    return columns


def _known_labels(checks: Rows, states: Rows, tables: Sequence[_TableRow]) -> Labels:
    labels: defaultdict[tuple[int, int | str], list[str]] = defaultdict(list)
    for table, (number,), condition in checks:
        literals = re.findall(r"'((?:[^']|'')*)'", condition or "")
        labels[table, number] += [literal.replace("''", "'") for literal in literals]
    by_name = {(row.schema, row.raw_name): row.oid for row in tables}
    for schema, name, column, label in states:
        if oid := by_name.get((schema, name)):
            labels[oid, column].append(label)
    return labels


def _foreign_key(row: Sequence[Any]) -> ForeignKey:
    name, schema, table, columns, to_schema, to_table, to_columns, action, to_key = row
    return ForeignKey(
        name,
        schema,
        table,
        tuple(columns),
        to_schema,
        to_table,
        tuple(to_columns),
        ON_DELETE[action],
        to_key,
    )


def _partitions(rows: Rows) -> dict[int, list[Partition]]:
    grouped: defaultdict[int, list[Partition]] = defaultdict(list)
    for root, *partition in rows:
        grouped[root].append(Partition(*partition))
    return grouped


def _by_table(rows: Sequence[PartRow]) -> dict[int, list[PartRow]]:
    grouped: defaultdict[int, list[PartRow]] = defaultdict(list)
    for row in rows:
        grouped[row.table].append(row)
    return grouped


def _names_by_table(rows: Rows) -> dict[int, list[str]]:
    grouped: defaultdict[int, list[str]] = defaultdict(list)
    for table, name in rows:
        grouped[table].append(name)
    return grouped
