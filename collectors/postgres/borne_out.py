"""What is told of a table, once its columns and the server bear it out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from collectors.errors import SettingsError
from collectors.model import SoftDeleteMarker, label_of
from collectors.postgres.mapping import MarkerMapping, TableMapping, unquoted
from collectors.postgres.markers import mapped_marker
from collectors.postgres.outage import StatementFailed
from collectors.postgres.snapshot import Snapshot
from collectors.postgres.table_columns import Columns, TableRow

_IN_FRACTIONS = re.compile(r"numeric\(\d+,[1-9]\d*\)|real|double precision|money")
"""Types of amounts in whole units: 12.34 of them would be read as 12 of the smallest."""


def tables_found(
    tables: Sequence[TableRow], mapping: Mapping[str, TableMapping], schemas: Sequence[str]
) -> Mapping[str, TableMapping]:
    """The mapping by `unquoted` name. Raises SettingsError where it names a table that is nowhere.

    What is told of a misspelt table would be told of none, and a rule for the erased would be lost.
    """
    told = {unquoted(name): its for name, its in mapping.items()}
    known = {name for table in tables for name in _names(table)}
    for name, its in told.items():
        if name not in known and not its.shipped:
            where = f"schema {schemas[0]}" if len(schemas) == 1 else ", ".join(schemas)
            like = get_close_matches(name.casefold(), {one.casefold() for one in known}, 1)
            meant = next((one for one in sorted(known) if one.casefold() in like), None)
            hint = f"; there is {meant}" if meant else ""
            raise SettingsError(
                f"The mapping names a table {name}, which {where} does not have{hint}."
            )
    return told


def _names(table: TableRow) -> tuple[str, str]:
    """What the mapping may call it; the narrower name first."""
    return f"{unquoted(table.schema)}.{table.raw_name}", table.raw_name


def markers_of(found: Columns, told: TableMapping) -> tuple[SoftDeleteMarker, ...]:
    """What says "deleted" in a table: what is told, else what its columns say."""
    return found.markers if told.marker is None else (_mapped(found, told.marker),)


def _mapped(found: Columns, marker: MarkerMapping) -> SoftDeleteMarker:
    named = next(fact for fact in found.facts.values() if fact.column.name == marker.column)
    return mapped_marker(marker, named)


def mapping_of(
    table: TableRow, found: Columns, mapping: Mapping[str, TableMapping]
) -> TableMapping:
    """What is told of this table, once its columns bear it out: see `tables_found`."""
    told = next((mapping[name] for name in _names(table) if name in mapping), None)
    if told is None:
        return TableMapping()
    told = told.spelled({fact.name: fact.column.name for fact in found.facts.values()})
    types = {fact.column.name: fact.column.type for fact in found.facts.values()}
    missing = [column for column in told.columns if column not in types]
    if missing:
        return _unfit(table, told, f"has no column {missing[0]}")
    if _IN_FRACTIONS.fullmatch(types.get(told.money or "", "")):
        smallest = f'money is told in the smallest unit, such as "{told.money} * 100"'
        return _unfit(table, told, f"has {told.money} in whole units, and {smallest}")
    return told


def borne_out(
    snapshot: Snapshot, told: Sequence[tuple[TableRow, Columns, TableMapping]]
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


def _conditions(found: Columns, told: TableMapping) -> Mapping[str, str]:
    """Its own, and what else may not be as the columns' types are: an amount, a marker's value."""
    conditions = dict(told.conditions)
    if told.money is not None:
        conditions["money"] = f"({told.money})::numeric IS NULL"
    if told.marker is not None:
        marker = _mapped(found, told.marker)
        conditions["marker"] = f"({marker.deleted}) OR ({marker.since or 'NULL'}) IS NULL"
    return conditions


def _readable(
    snapshot: Snapshot, table: TableRow, found: Columns, told: TableMapping
) -> TableMapping:
    for name, condition in _conditions(found, told).items():
        failure = _refusal(snapshot, _asked(table, condition))
        # A grant that lacks is doctor's to say, and no fault of the mapping.
        if failure is not None and not failure.denied:
            return _unfit(table, told, f"cannot be asked its {name} ({failure.condition})")
    return told


def _asked(table: TableRow, condition: str) -> str:
    """The condition over no rows."""
    return f"SELECT FROM {table.qualified} WHERE ({condition}) LIMIT 0"


def _refusal(snapshot: Snapshot, *statements: str) -> StatementFailed | None:
    """How the server refuses them, if it does."""
    try:
        snapshot.attempt_each(*((statement,) for statement in statements))
    except StatementFailed as failure:
        return failure
    return None


def _unfit(table: TableRow, told: TableMapping, why: str) -> TableMapping:
    """Nothing, where it was we who told it wrongly. Raises SettingsError where it was not."""
    if told.shipped:
        return TableMapping()
    label = label_of(table.schema, table.name)
    raise SettingsError(f"The mapping of table {label} does not fit: the table {why}.")
