"""A Target's catalog: every unique key of the configured schemas, and what surrounds them.

Seven statements for a whole schema, however many tables it has, and one more for its partitions.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from collectors.errors import SettingsError
from collectors.model import (
    Blocks,
    Catalog,
    Column,
    ForeignKey,
    Partition,
    SoftDeleteMarker,
    Table,
    UniqueKey,
)
from collectors.postgres import catalog_sql
from collectors.postgres.deletion import besides_deletion, blocked
from collectors.postgres.engine import Snapshot
from collectors.postgres.keys import PartRow, unique_keys
from collectors.postgres.mapping import POLAR, TableMapping
from collectors.postgres.markers import (
    GONE,
    ColumnFacts,
    created_column,
    find_markers,
    mapped_marker,
)
from collectors.postgres.outage import StatementFailed

ON_DELETE = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
"""`pg_constraint.confdeltype`."""


@dataclass(frozen=True, slots=True)
class _TableRow:
    """One row of `catalog_sql.TABLES`."""

    oid: int
    schema: str
    name: str
    row_security: bool
    raw_name: str
    partitioned: bool


@dataclass(frozen=True, slots=True)
class _Parts:
    """What belongs to a table, by its oid; columns also by their number."""

    columns: Mapping[int, Mapping[int, ColumnFacts]]
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
    tables = [_TableRow(*row) for row in snapshot.rows(catalog_sql.TABLES, list(schemas))]
    oids = [table.oid for table in tables]
    parts = _Parts(
        _columns(snapshot, oids, schemas, tables),
        _by_table([PartRow(*row) for row in snapshot.rows(catalog_sql.KEY_PARTS, oids)]),
        _names_by_table(snapshot.rows(catalog_sql.TRIGGERS, oids)),
        _partitions(snapshot, [table.oid for table in tables if table.partitioned]),
    )
    foreign_keys = tuple(_foreign_key(row) for row in snapshot.rows(catalog_sql.FOREIGN_KEYS, oids))
    return Catalog(
        snapshot.as_of,
        tuple(_table(snapshot, row, parts, mapping) for row in tables),
        foreign_keys,
    )


def _table(
    snapshot: Snapshot, row: _TableRow, parts: _Parts, mapping: Mapping[str, TableMapping]
) -> Table:
    facts = parts.columns.get(row.oid, {})
    columns = {number: fact.column for number, fact in facts.items()}
    keys = unique_keys(row.schema, row.name, parts.keys.get(row.oid, ()), columns)
    primary = next((key for key in keys if key.primary), None)
    table = Table(
        schema=row.schema,
        name=row.name,
        columns=tuple(columns.values()),
        primary_key=primary.columns if primary else (),
        created_at=created_column(tuple(facts.values())),
        triggers=tuple(parts.triggers.get(row.oid, ())),
        row_security=row.row_security,
        partitioned=row.partitioned,
        partitions=tuple(parts.partitions.get(row.oid, ())),
    )
    told = _mapping_of(snapshot, table, mapping)
    markers = _markers(tuple(facts.values()), told)
    return replace(
        table,
        keys=tuple(_standing(key, markers) for key in keys),
        marker=markers[0] if markers else None,
        markers=markers,
        organization=told.organization,
        erased_when=told.erased_when,
        kept_in=told.kept_in,
        title=told.name,
        money=told.money,
        currency=told.currency,
        live_when=told.live_when,
        paid_when=told.paid_when,
    )


def _standing(key: UniqueKey, markers: Sequence[SoftDeleteMarker]) -> UniqueKey:
    blocks = blocked(key, markers)
    return replace(
        key,
        counts_deleted=blocks is not Blocks.NOTHING,
        blocks=blocks,
        besides=besides_deletion(key, markers),
    )


def _markers(facts: Sequence[ColumnFacts], told: TableMapping) -> tuple[SoftDeleteMarker, ...]:
    if told.marker is None:
        return find_markers(facts)
    named = next(fact for fact in facts if fact.column.name == told.marker.column)
    return (mapped_marker(told.marker, named),)


def _mapping_of(
    snapshot: Snapshot, table: Table, mapping: Mapping[str, TableMapping]
) -> TableMapping:
    """What is told of this table, once the table itself bears it out."""
    told = mapping.get(f"{table.schema}.{table.name}") or mapping.get(table.name) or TableMapping()
    missing = [column for column in told.columns if table.column(column) is None]
    wrong = f"has no column {missing[0]}" if missing else _wrong_condition(snapshot, table, told)
    if wrong is None:
        return told
    if told.shipped:
        return TableMapping()
    raise SettingsError(f"The mapping of table {table.label} does not fit: the table {wrong}.")


def _wrong_condition(snapshot: Snapshot, table: Table, told: TableMapping) -> str | None:
    """Let the server read the conditions over no rows, all at once, and each if it balks."""
    asked = {
        name: f"SELECT FROM {table.schema}.{table.name} WHERE ({condition}) LIMIT 0"
        for name, condition in told.conditions.items()
    }
    if not asked or _refusal(snapshot, "; ".join(asked.values())) is None:
        return None
    for name, statement in asked.items():
        failure = _refusal(snapshot, statement)
        # A grant that lacks is doctor's to say, and no fault of the mapping.
        if failure is not None and not failure.denied:
            return f"cannot be asked its {name}"
    return None


def _refusal(snapshot: Snapshot, statement: str) -> StatementFailed | None:
    """How the server refuses it, if it does."""
    try:
        with snapshot.attempt():
            snapshot.rows(statement)
    except StatementFailed as failure:
        return failure
    return None


def _columns(
    snapshot: Snapshot, oids: list[int], schemas: Sequence[str], tables: Sequence[_TableRow]
) -> dict[int, dict[int, ColumnFacts]]:
    labels = _known_labels(snapshot, oids, schemas, tables)
    columns: defaultdict[int, dict[int, ColumnFacts]] = defaultdict(dict)
    for row in snapshot.rows(catalog_sql.COLUMNS, oids):
        table, number, quoted, raw, type_, nullable, generated, category, base, default, enum = row
        column = Column(quoted, type_, nullable, generated, category, default)
        seen = (*enum, *labels.get((table, number), ()), *labels.get((table, raw), ()))
        columns[table][number] = ColumnFacts(column, raw, base, default, seen)
    return columns


def _known_labels(
    snapshot: Snapshot, oids: list[int], schemas: Sequence[str], tables: Sequence[_TableRow]
) -> dict[tuple[int, int | str], list[str]]:
    """The values a column is known to take, by (table, number) or (table, raw name)."""
    labels: defaultdict[tuple[int, int | str], list[str]] = defaultdict(list)
    for table, (number,), condition in snapshot.rows(catalog_sql.CHECKS, oids):
        literals = re.findall(r"'((?:[^']|'')*)'", condition or "")
        labels[table, number] += [literal.replace("''", "'") for literal in literals]
    by_name = {(row.schema, row.raw_name): row.oid for row in tables}
    for schema, name, column, label in snapshot.rows(
        catalog_sql.SEEN_STATES, list(schemas), sorted(GONE)
    ):
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


def _partitions(snapshot: Snapshot, oids: list[int]) -> dict[int, list[Partition]]:
    grouped: defaultdict[int, list[Partition]] = defaultdict(list)
    for root, *partition in snapshot.rows(catalog_sql.PARTITIONS, oids) if oids else ():
        grouped[root].append(Partition(*partition))
    return grouped


def _by_table(rows: Sequence[PartRow]) -> dict[int, list[PartRow]]:
    grouped: defaultdict[int, list[PartRow]] = defaultdict(list)
    for row in rows:
        grouped[row.table].append(row)
    return grouped


def _names_by_table(rows: Sequence[tuple[Any, ...]]) -> dict[int, list[str]]:
    grouped: defaultdict[int, list[str]] = defaultdict(list)
    for table, name in rows:
        grouped[table].append(name)
    return grouped
