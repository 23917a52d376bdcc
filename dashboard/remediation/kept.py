"""The value that an earlier release took from a column and kept in the row's JSON."""

from __future__ import annotations

import json
from decimal import Decimal

from collectors.model import Table
from collectors.model.released import kept_name
from dashboard.remediation.changes import Change, TakeOut, Write, json_object
from dashboard.remediation.facts import Row


def put_back(table: Table, row: Row) -> tuple[Change, ...]:
    """What puts each kept value back into its empty column, and takes it out of the JSON."""
    changes: list[Change] = []
    for name, place in sorted(table.kept_in.items()):
        column, keeper = table.column(name), table.column(place)
        if column is None or keeper is None or row.columns[name] is not None:
            continue
        text = row.columns[place]
        if text is None or json_object(text) is None:
            continue
        value = json.loads(text, parse_float=Decimal, parse_int=Decimal).get(kept_name(name))
        if isinstance(value, str):
            changes.append(Write(name, column.type, value))
            changes.append(TakeOut(place, keeper.type, kept_name(name)))
    written = [change.column for change in changes]
    return tuple(changes) if len(set(written)) == len(written) else ()
