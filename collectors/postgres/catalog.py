"""A Target's catalog: every unique key of the configured schemas, and what surrounds them.

Nine statements in two round trips for a whole schema, however many tables it has, a third for the
conditions of its mapping, and a fourth for what its keys say of deletion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from collectors.model import Catalog, Column, ForeignKey, Partition, Table
from collectors.postgres import catalog_sql
from collectors.postgres.asked_meanings import asked_meanings
from collectors.postgres.borne_out import borne_out, mapping_of, markers_of, tables_found
from collectors.postgres.keys import PartRow, ReadKey, questions_of, read_keys, unique_keys
from collectors.postgres.mapping import POLAR, TableMapping
from collectors.postgres.markers import GONE, apart_from_id
from collectors.postgres.meaning import Meanings
from collectors.postgres.snapshot import Rows, Snapshot
from collectors.postgres.table_columns import Columns, TableRow, with_columns

ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
"""`pg_constraint.confdeltype` and `confupdtype`."""


Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class _Parts:
    """What belongs to a table besides its columns, by its oid; and the clock of them all."""

    keys: Mapping[int, Sequence[PartRow]]
    triggers: Mapping[int, Sequence[str]]
    partitions: Mapping[int, Sequence[Partition]]
    ahead_of_utc: tuple[timedelta, ...]


def read_catalog(
    snapshot: Snapshot,
    *,
    schemas: Sequence[str] = ("public",),
    mapping: Mapping[str, TableMapping] = POLAR,
) -> Catalog:
    """The catalog as of now; `schemas` are raw names, `mapping` is by `table` or `schema.table`.

    `primary_key` is empty for a table that has none. Raises SettingsError where the mapping names a
    table or column that is not there, and TargetUnreachable.
    """
    known, parts, foreign_keys = _read_parts(snapshot, list(schemas))
    tables = tables_found([row for row, _ in known], mapping, schemas)
    told = borne_out(snapshot, [(row, its, mapping_of(row, its, tables)) for row, its in known])
    keys = [read_keys(parts.keys.get(row.oid, ()), _columns(its)) for row, its in known]
    asked = _what_keys_say(snapshot, [its for _, its in known], told, keys)
    return Catalog(
        snapshot.as_of,
        tuple(
            [
                _table(*one, parts, its, of_it, asked)
                for one, its, of_it in zip(known, told, keys, strict=True)
            ]
        ),
        tuple([_foreign_key(row) for row in foreign_keys]),
    )


def _read_parts(
    snapshot: Snapshot, named: list[str]
) -> tuple[Sequence[tuple[TableRow, Columns]], _Parts, Rows]:
    """Each table with its columns, what stands of them elsewhere, and the foreign keys."""
    # Of the server's time most goes to the keys' parts; until then, what is known is made use of.
    known, (key_parts, triggers, partitions, foreign_keys, zones) = snapshot.rows_of_each_while(
        (
            (catalog_sql.TABLES, named),
            (catalog_sql.CHECKS, named),
            (catalog_sql.SEEN_STATES, named, sorted(GONE)),
            (catalog_sql.COLUMNS, named),
        ),
        with_columns,
        (
            (catalog_sql.KEY_PARTS, named),
            (catalog_sql.TRIGGERS, named),
            (catalog_sql.PARTITIONS, named),
            (catalog_sql.FOREIGN_KEYS, named),
            (catalog_sql.ZONES,),
        ),
    )
    parts = _Parts(
        _by_table((row[0], PartRow(*row)) for row in key_parts),
        _by_table(triggers),
        _by_table((root, Partition(*partition)) for root, *partition in partitions),
        _ahead_of_utc(zones),
    )
    return known, parts, foreign_keys


def _what_keys_say(
    snapshot: Snapshot,
    found: Sequence[Columns],
    told: Sequence[TableMapping],
    keys: Sequence[Sequence[ReadKey]],
) -> Meanings:
    each = zip(found, told, keys, strict=True)
    return asked_meanings(
        snapshot,
        (
            question
            for its, said, read in each
            for question in questions_of(read, _columns(its), markers_of(its, said), its.met)
        ),
    )


def _table(
    row: TableRow,
    found: Columns,
    parts: _Parts,
    told: TableMapping,
    read: Sequence[ReadKey],
    asked: Meanings,
) -> Table:
    columns = _columns(found)
    markers = markers_of(found, told)
    keys = unique_keys(row.schema, row.name, read, columns, markers, asked, found.met)
    primary = next((key.columns for key in keys if key.primary), ())
    markers = tuple([apart_from_id(marker, primary) for marker in markers])
    return Table(
        schema=row.schema,
        name=row.name,
        columns=tuple(columns.values()),
        primary_key=primary,
        keys=keys,
        marker=markers[0] if markers else None,
        created_at=found.created_at,
        organization=told.organization,
        erased_when=told.erased_when,
        kept_in=told.kept_in,
        triggers=tuple(parts.triggers.get(row.oid, ())),
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
        excludes=row.excludes,
        checks=tuple(one.condition for one in found.checks),
        subscribed=row.subscribed,
        ahead_of_utc=parts.ahead_of_utc,
    )


def _columns(found: Columns) -> dict[int, Column]:
    return {number: fact.column for number, fact in found.facts.items()}


def _foreign_key(row: Sequence[Any]) -> ForeignKey:
    name, schema, table, columns, to_schema, to_table, to_columns, delete, to_key, update = row
    return ForeignKey(
        name,
        schema,
        table,
        tuple(columns),
        to_schema,
        to_table,
        tuple(to_columns),
        ACTIONS[delete],
        to_key,
        ACTIONS[update],
    )


def _ahead_of_utc(zones: Rows) -> tuple[timedelta, ...]:
    found = sorted(timedelta(seconds=ahead) for (ahead,) in zones)
    return tuple(found) if any(found) else ()


def _by_table(rows: Iterable[tuple[int, Part]]) -> dict[int, list[Part]]:
    grouped: defaultdict[int, list[Part]] = defaultdict(list)
    for table, part in rows:
        grouped[table].append(part)
    return grouped
