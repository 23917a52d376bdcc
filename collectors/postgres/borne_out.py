"""What is told of a table, once its columns and the server bear it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collectors.errors import SettingsError
from collectors.model import SoftDeleteMarker, label_of
from collectors.postgres.mapping import MarkerMapping, TableMapping
from collectors.postgres.markers import mapped_marker
from collectors.postgres.outage import StatementFailed
from collectors.postgres.snapshot import Snapshot
from collectors.postgres.table_columns import Columns, TableRow


def markers_of(found: Columns, told: TableMapping) -> tuple[SoftDeleteMarker, ...]:
    """What says "deleted" in a table: what is told, else what its columns say."""
    return found.markers if told.marker is None else (_mapped(found, told.marker),)


def _mapped(found: Columns, marker: MarkerMapping) -> SoftDeleteMarker:
    named = next(fact for fact in found.facts.values() if fact.column.name == marker.column)
    return mapped_marker(marker, named)


def mapping_of(
    table: TableRow, found: Columns, mapping: Mapping[str, TableMapping]
) -> TableMapping:
    """What is told of this table, once its columns bear it out."""
    told = mapping.get(table.place) or mapping.get(table.name)
    if told is None:
        return TableMapping()
    known = {fact.column.name for fact in found.facts.values()}
    missing = [column for column in told.columns if column not in known]
    return _unfit(table, told, f"has no column {missing[0]}") if missing else told


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
    """Its own, and that its marker can say "deleted", and since when: it may be of another type."""
    if told.marker is None:
        return told.conditions
    marker = _mapped(found, told.marker)
    return {
        **told.conditions,
        "marker": f"({marker.deleted}) OR ({marker.since or 'NULL'}) IS NULL",
    }


def _readable(
    snapshot: Snapshot, table: TableRow, found: Columns, told: TableMapping
) -> TableMapping:
    for name, condition in _conditions(found, told).items():
        failure = _refusal(snapshot, _asked(table, condition))
        # A grant that lacks is doctor's to say, and no fault of the mapping.
        if failure is not None and not failure.denied:
            return _unfit(table, told, f"cannot be asked its {name}")
    return told


def _asked(table: TableRow, condition: str) -> str:
    """The condition over no rows."""
    return f"SELECT FROM {table.place} WHERE ({condition}) LIMIT 0"


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
