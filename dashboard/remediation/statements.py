"""The SQL of a plan.

Tables, columns and expressions are the catalog's own spelling; every value is bound as `$n` with
the cast that its column's type asks for, so a fragment that holds `%` or `:` needs no escaping and
a value has no way into the SQL. Rows are compared by the text PostgreSQL prints, which is why
`writer` fixes the time zone and the date style of its transactions.
"""

# ruff: noqa: S608  (what is put together here comes from the catalog alone)

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collectors.model import ForeignKey, Table, UniqueKey, input_columns, row_id_parts
from dashboard.remediation.changes import Binding, Change, Statement
from dashboard.remediation.facts import Place, Row

TRANSACTION = "pg_current_xact_id()::text, pg_snapshot_xmin(pg_current_snapshot())::text"
"""The transaction's id, and the oldest one that was still running beside it."""


def look(place: Place, *, lock: bool) -> Statement:
    """Read the row: every column as text, then deleted, erased, and whether it holds the key.

    A locked look never waits: a row that somebody else has locked is left out (SKIP LOCKED), so
    nobody ever queues behind us.
    """
    bind = Binding()
    table = place.table
    sql = f"SELECT {row_columns(place, bind)} FROM {name_of(table)} WHERE {this_row(place, bind)}"
    return bind.statement(sql + (" FOR UPDATE SKIP LOCKED" if lock else ""))


def exists(place: Place) -> Statement:
    """Whether the row is there at all, locked or not."""
    bind = Binding()
    return bind.statement(
        f"SELECT EXISTS (SELECT 1 FROM {name_of(place.table)} WHERE {this_row(place, bind)})"
    )


def read_row(place: Place, record: Sequence[Any]) -> Row:
    """What `look` and `change` return, as a Row."""
    names = [column.name for column in place.table.columns]
    deleted, erased, holds = record[len(names) : len(names) + 3]
    texts = dict(zip(names, record, strict=False))
    return Row(texts, deleted=bool(deleted), holds=bool(holds), erased=erased)


def change(place: Place, row: Row, changes: Sequence[Change]) -> Statement:
    """Write the changes to the row that was seen, and to no other.

    It is named by its primary key, by its marker and whether it was erased, and by what it holds in
    the key's columns and in those that are written. After the row come the transaction's id and the
    oldest transaction that was still running beside it.
    """
    bind = Binding()
    table = place.table
    written = ", ".join(f"{one.column} = {one.expression(bind)}" for one in changes)
    named = this_row(place, bind)
    seen = " AND ".join([*_state_as_seen(table, row), *_columns_as_seen(place, row, changes, bind)])
    returned = row_columns(place, bind)
    return bind.statement(
        f"UPDATE {name_of(table)} SET {written} WHERE {named} AND {seen} RETURNING {returned}, "
        f"{TRANSACTION}"
    )


def purge(place: Place, row: Row) -> Statement:
    """Delete the row that was seen, named as `change` names it, and answer as `change` does."""
    bind = Binding()
    table = place.table
    named = this_row(place, bind)
    seen = " AND ".join([*_state_as_seen(table, row), *_columns_as_seen(place, row, (), bind)])
    return bind.statement(
        f"DELETE FROM {name_of(table)} WHERE {named} AND {seen} RETURNING "
        f"{row_columns(place, bind)}, {TRANSACTION}"
    )


def occupied(
    place: Place, keys: Sequence[UniqueKey], changes: Sequence[Change]
) -> Statement | None:
    """Two booleans a key: would the row, once written, meet a live row there? A deleted one?

    Live rows are compared without the marker's own column and without asking whether the index
    counts *our* row: a key that lets a live row and its deleted twin stand side by side is still
    one customer. None where there is nothing to ask.
    """
    if not keys:
        return None
    bind = Binding()
    table = place.table
    new = {one.column: one.expression(bind) for one in changes}
    columns = ", ".join(f"{new.get(c.name, c.name)} AS {c.name}" for c in table.columns)
    row = f"SELECT {columns} FROM {name_of(table)} WHERE {this_row(place, bind)}"
    parts = ", ".join(wanted_parts(number, key) for number, key in enumerate(keys))
    other = f"SELECT 1 FROM {name_of(table)} WHERE NOT ({this_row(place, bind)})"
    answers = ", ".join(occupants(table, n, key, other) for n, key in enumerate(keys))
    return bind.statement(
        f"SELECT {answers} FROM (SELECT {parts} FROM ({row}) AS tombstone_row) AS tombstone_wanted"
    )


def deleted_parents(
    place: Place, row: Row, parents: Sequence[tuple[Table, ForeignKey]]
) -> Statement | None:
    """One boolean: is any of the rows that ours belongs to soft-deleted?"""
    bind = Binding()
    answers = []
    for table, link in parents:
        pairs = zip(link.columns, link.to_columns, strict=True)
        same = [f"{its} = {bind(row.columns[mine], type_of(place, mine))}" for mine, its in pairs]
        assert table.marker is not None
        deleted = f"({table.marker.deleted})"
        answers.append(
            f"EXISTS (SELECT 1 FROM {name_of(table)} WHERE {' AND '.join(same)} AND {deleted})"
        )
    return bind.statement(f"SELECT {' OR '.join(answers)}") if answers else None


def row_columns(place: Place, bind: Binding) -> str:
    """Every column as text, then deleted, erased, and whether the row holds the key."""
    table = place.table
    marker = table.marker.deleted if table.marker else "false"
    erased = f"({table.erased_when}) IS TRUE" if table.erased_when else "NULL::boolean"
    texts = [f"{column.name}::text" for column in table.columns]
    return ", ".join([*texts, f"({marker}) IS TRUE", erased, _holds(place, bind)])


def _holds(place: Place, bind: Binding) -> str:
    key, values = place.key, place.values
    if key is None or values is None:
        return "false"
    same = [
        f"({part.expression}) IS NOT DISTINCT FROM {bind(value, part.type)}"
        for part, value in zip(key.parts, values, strict=True)
    ]
    held = f"({' AND '.join(same)}) IS TRUE"
    if key.predicate is None:
        return held
    # An expression may fail for a row outside the index: the condition is asked first.
    return f"CASE WHEN ({key.predicate}) THEN {held} ELSE false END"


def this_row(place: Place, bind: Binding) -> str:
    """The condition that names the row by its primary key."""
    names = place.table.primary_key
    parts = row_id_parts(place.row_id, len(names)) or ()
    pairs = zip(names, parts, strict=True)
    return " AND ".join(
        f"{name} = {bind(part, type_of(place, name), clear=True)}" for name, part in pairs
    )


def _state_as_seen(table: Table, row: Row) -> list[str]:
    """Deleted and erased as it was seen: another table may say since that somebody is erased."""
    assert table.marker is not None
    said = {table.marker.deleted: row.deleted}
    if table.erased_when:
        said[table.erased_when] = bool(row.erased)
    return [f"({sql}) IS {'TRUE' if was else 'NOT TRUE'}" for sql, was in said.items()]


def _columns_as_seen(place: Place, row: Row, changes: Sequence[Change], bind: Binding) -> list[str]:
    table = place.table
    assert table.marker is not None
    of_key = input_columns(place.key) if place.key else ()
    written = tuple(one.column for one in changes)
    harmless = (table.marker.column, table.organization)
    return [
        f"{name}::text IS NOT DISTINCT FROM "
        f"{bind(row.columns[name], 'text', clear=name in harmless)}"
        for name in dict.fromkeys((table.marker.column, *of_key, *written))
    ]


def wanted_parts(number: int, key: UniqueKey) -> str:
    """What a row to be written would have under a key, and whether the key counts it."""
    parts = [f"{part.expression} AS k{number}_{i}" for i, part in enumerate(key.parts)]
    return ", ".join([*parts, f"({key.predicate or 'true'}) IS TRUE AS c{number}"])


def occupants(table: Table, number: int, key: UniqueKey, other: str) -> str:
    """Two conditions on `other`, a query of the rows beside: a live one there, a deleted one."""
    assert table.marker is not None
    marker = table.marker
    counted = f" AND ({key.predicate})" if key.predicate else ""
    same = [
        (part.columns, _equal(key, f"({part.expression})", part.equals, f"k{number}_{i}"))
        for i, part in enumerate(key.parts)
    ]
    all_of = " AND ".join(text for _, text in same)
    but_marker = " AND ".join(text for columns, text in same if not {*columns} <= marks(table))
    live = f"EXISTS ({other} AND {but_marker}{counted} AND ({marker.deleted}) IS NOT TRUE)"
    deleted = f"(tombstone_wanted.c{number} AND EXISTS ({other} AND {all_of}{counted}"
    deleted += f" AND ({marker.deleted})))"
    return f"{live if but_marker else 'false'}, {deleted}"


def marks(table: Table) -> set[str]:
    """Every column that says whether a row is deleted."""
    return {marker.column for marker in (table.marker, *table.markers) if marker}


def _equal(key: UniqueKey, expression: str, equals: str, wanted: str) -> str:
    same = f"{expression} {equals} tombstone_wanted.{wanted}"
    if key.nulls_distinct:
        return same
    return f"({same} OR ({expression} IS NULL AND tombstone_wanted.{wanted} IS NULL))"


def type_of(place: Place, name: str) -> str:
    """The type that a value of this column is cast to."""
    column = place.table.column(name)
    return column.type if column else "text"


def name_of(table: Table) -> str:
    """The table with its schema."""
    return table.own_rows
