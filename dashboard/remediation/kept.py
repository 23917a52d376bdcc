"""The value that an earlier release took from a column and kept in the row's JSON."""

from __future__ import annotations

import json

from collectors.model import Table, UniqueKey, input_columns
from dashboard.remediation.changes import Change, TakeOut, Write
from dashboard.remediation.facts import Row


def kept_name(column: str) -> str:
    """The member under which a released value is kept.

    >>> kept_name("external_id"), kept_name('"externalId"')
    ('__external_id', '__externalId')
    """
    return "__" + column.strip('"')


def put_back(table: Table, row: Row) -> tuple[Change, ...]:
    """What puts each kept value back into its empty column, and takes it out of the JSON."""
    changes: list[Change] = []
    for name, place in sorted(table.kept_in.items()):
        column, keeper = table.column(name), table.column(place)
        if column is None or keeper is None or row.columns[name] is not None:
            continue
        told = json.loads(row.columns[place] or "null")
        value = told.get(kept_name(name)) if isinstance(told, dict) else None
        if isinstance(value, str):
            changes.append(Write(name, column.type, value))
            changes.append(TakeOut(place, keeper.type, kept_name(name)))
    written = [change.column for change in changes]
    return tuple(changes) if len(set(written)) == len(written) else ()


def keys_reading(table: Table, columns: set[str]) -> tuple[UniqueKey, ...]:
    """The unique keys that read any of these columns."""
    return tuple(key for key in table.keys if not key.primary and columns & {*input_columns(key)})
