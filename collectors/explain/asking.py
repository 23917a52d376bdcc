"""Under which unique keys of a Target can a value be looked for through their own index?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from collectors.linking.ticket import is_uuid
from collectors.model import (
    Catalog,
    Column,
    Table,
    UniqueKey,
    ValueSource,
    ViolatedKey,
    input_columns,
)
from collectors.postgres.holders import find_rows
from collectors.postgres.snapshot import Snapshot

_INTEGER = re.compile(r"\d{1,18}")


def questions(
    snapshot: Snapshot, catalog: Catalog, values: Sequence[str], organizations: Sequence[str]
) -> Iterator[ViolatedKey]:
    """A key that each value would violate if it were created now, in tables that delete softly."""
    for table, key in _askable(catalog):
        yield from _by_value(table, key, values, organizations)
    for table in catalog.tables:
        if table.marker is not None:
            yield from _by_row(snapshot, catalog, table, values)


def for_want_of_organization(catalog: Catalog, values: Sequence[str]) -> int:
    """Keys that one of the values makes whole only together with an organization."""
    return sum(
        own is not None and column is not None and any(_fits(column, value) for value in values)
        for own, column in (_made_of(table, key) for table, key in _askable(catalog))
    )


def _askable(catalog: Catalog) -> Iterator[tuple[Table, UniqueKey]]:
    for table in catalog.tables:
        for key in table.keys if table.marker is not None else ():
            if key.valid and not key.primary:
                yield table, key


def _made_of(table: Table, key: UniqueKey) -> tuple[str | None, Column | None]:
    """The organization in the key, and the one column that is left besides and the mark."""
    needed = [name for name in input_columns(key) if not _is_marker(table, name)]
    own = table.organization if table.organization in needed else None
    rest = [name for name in needed if name != own]
    return own, table.column(rest[0]) if len(rest) == 1 else None


def _by_value(
    table: Table, key: UniqueKey, values: Sequence[str], organizations: Sequence[str]
) -> Iterator[ViolatedKey]:
    """Where one value, besides the organization and the mark of deletion, makes the key whole."""
    own, column = _made_of(table, key)
    if column is None or (own is not None and not organizations):
        return
    for value in values:
        if _fits(column, value):
            for organization in organizations if own else (None,):
                whose = ((own, organization),) if own and organization != value else ()
                if own is None or whose:
                    yield _violated(table, key, fields=(*whose, (column.name, value)))


def _by_row(
    snapshot: Snapshot, catalog: Catalog, table: Table, values: Sequence[str]
) -> Iterator[ViolatedKey]:
    """Where a value is a row's own id: what it holds under each key that counts deleted rows."""
    columns = [table.column(name) for name in table.primary_key]
    if len(columns) != 1 or columns[0] is None:
        return
    ids = [value for value in values if _fits(columns[0], value)]
    for key in table.keys if ids else ():
        if key.primary or not (key.valid and key.counts_deleted):
            continue
        for row in find_rows(snapshot, catalog, key, ids):
            if row is not None and len(row.values) == len(key.parts) and None not in row.values:
                yield _violated(table, key, values=row.values)


def _violated(
    table: Table,
    key: UniqueKey,
    *,
    fields: tuple[tuple[str, str | None], ...] = (),
    values: tuple[str | None, ...] = (),
) -> ViolatedKey:
    return ViolatedKey(
        constraint=key.name,
        schema=table.schema,
        table=table.name,
        columns=key.columns if values else (),
        splits=(values,) if values else (),
        fields=fields,
        source=ValueSource.LOOK_UP,
    )


def _is_marker(table: Table, name: str) -> bool:
    return table.marker is not None and table.marker.column == name


def _fits(column: Column, value: str) -> bool:
    """The value can be one of the column's at all."""
    if column.type == "uuid":
        return is_uuid(value)
    if column.category == "N":
        return _INTEGER.fullmatch(value) is not None
    return column.category == "S" or column.type == "citext"
