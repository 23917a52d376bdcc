"""The SQL that asks who refers to a row. Identifiers are the catalog's, values are bound."""

# ruff: noqa: S608  (what is put together here comes from the catalog alone)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collectors.model import ForeignKey, Table
from collectors.model.releasable import columns_read
from dashboard.remediation.changes import Binding, Statement
from dashboard.remediation.facts import Place, Row
from dashboard.remediation.statements import name_of, this_row, type_of

_NAME = "format('%I.%I (%I)', n.nspname, c.relname, f.conname)"

_UNCOUNTED = """
ARRAY(
    WITH RECURSIVE
    above (oid) AS (
        SELECT {table}::oid
        UNION SELECT i.inhparent FROM pg_catalog.pg_inherits i JOIN above ON i.inhrelid = above.oid
    ),
    below (oid) AS (
        SELECT {table}::oid
        UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN below ON i.inhparent = below.oid
    )
    SELECT {name}
    FROM pg_catalog.pg_constraint f
    JOIN pg_catalog.pg_class c ON c.oid = f.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE f.contype = 'f' AND f.conparentid = 0
      AND f.confrelid IN (SELECT oid FROM above UNION SELECT oid FROM below)
      {but}
    ORDER BY 1
)
"""
"""The foreign keys that a row of {table} may be referred to by, {but} those that were counted."""


def still_referring(place: Place, row: Row) -> Statement:
    """How many rows refer to ours, one number a foreign key, and which keys were not counted.

    Asked under the row's lock, the numbers stay true until COMMIT: a row that would refer to ours
    has to take a lock on it that waits for ours (FOR KEY SHARE). Not counted is a foreign key that
    the plan's catalog did not show: it is newer, or points at a partition of the table, or at what
    the table is itself a partition of.
    """
    bind = Binding()
    counts = _counts(place, row, place.referring, bind)
    table = bind(f"{place.table.schema}.{place.table.name}", "regclass", clear=True)
    known = ", ".join(
        bind(f"{_child(fk)} ({fk.name})", "text", clear=True) for fk in place.referring
    )
    but = f"AND {_NAME} NOT IN ({known})" if known else ""
    uncounted = _UNCOUNTED.format(table=table, name=_NAME, but=but)
    return bind.statement(f"SELECT {', '.join([*counts, uncounted])}")


def written_along(place: Place, row: Row, columns: Sequence[str]) -> Statement | None:
    """How many rows the database would write along with these columns, one number a foreign key.

    By ON UPDATE CASCADE, SET NULL or SET DEFAULT, also where what is referred to is computed.
    """
    bind = Binding()
    counts = _counts(place, row, following(place, columns), bind)
    return bind.statement(f"SELECT {', '.join(counts)}") if counts else None


def following(place: Place, columns: Sequence[str]) -> tuple[ForeignKey, ...]:
    """The foreign keys by which the database follows a change of these columns."""
    changed = {*changed_along(place.table, columns)}
    return tuple(fk for fk in place.referring if fk.follows and changed & {*fk.to_columns})


def changed_along(table: Table, columns: Sequence[str]) -> tuple[str, ...]:
    """These columns, and those that the database computes from them."""
    computed = (
        column.name
        for column in table.columns
        if column.computed and not columns_read(table, column.computed).isdisjoint(columns)
    )
    return tuple(dict.fromkeys((*columns, *computed)))


def _counts(place: Place, row: Row, counted: Sequence[ForeignKey], bind: Binding) -> list[str]:
    return [
        f"(SELECT count(*) FROM {_child(fk)} WHERE {_refers(fk, place, row, bind)})"
        for fk in counted
    ]


@dataclass(frozen=True, slots=True)
class Since:
    """From when on something is newer than a restore: two transaction ids.

    horizon  the oldest transaction that was still running when the restore did
    xid      the restore's own: what it restored along is not newer than itself
    """

    horizon: str
    xid: str | None = None


def referenced_since(place: Place, row: Row, since: Since) -> Statement | None:
    """One boolean a foreign key: does a row refer to ours that was written since? Then: who knows?

    A referring row's `xmin` names the transaction that wrote it, so no clock and no column of the
    application's is needed. An updated row counts as written, but for those that this very
    transaction takes back along with ours: a customer and its main address refer to each other.

    The last is true where our row is not the very one that the restore has written. It was written
    again since, though it reads the same, or the database was (from a dump, into a server whose
    transactions have other numbers): then nothing tells when a row was written, and all count.
    """
    bind = Binding()
    horizon = bind(since.horizon, "numeric", clear=True)
    newer = f"age(xmin) <= pg_current_xact_id()::text::numeric - {horizon}"
    newer += " AND xmin <> pg_current_xact_id()::xid"
    moved = "false"
    if since.xid is not None:
        own = f"{bind(since.xid, 'xid8', clear=True)}::xid"
        newer += f" AND xmin <> {own}"
        ours = f"SELECT 1 FROM {name_of(place.table)} WHERE {this_row(place, bind)}"
        moved = f"NOT EXISTS ({ours} AND xmin = {own})"
    answers = [
        f"EXISTS (SELECT 1 FROM {_child(fk)} WHERE {_refers(fk, place, row, bind)}"
        f" AND (tombstone_moved OR {newer}))"
        for fk in place.referring
    ]
    source = f"FROM (SELECT {moved} AS tombstone_moved) AS tombstone_since"
    columns = ", ".join([*answers, "tombstone_moved"])
    return bind.statement(f"SELECT {columns} {source}") if answers else None


def _child(fk: ForeignKey) -> str:
    return f"{fk.schema}.{fk.table}"


def _refers(fk: ForeignKey, place: Place, row: Row, bind: Binding) -> str:
    """A row that refers to itself (the root of a tree) does not stand in its own way."""
    pairs = zip(fk.columns, fk.to_columns, strict=True)
    same = [f"{mine} = {bind(row.columns[its], type_of(place, its))}" for mine, its in pairs]
    if (fk.schema, fk.table) == (place.table.schema, place.table.name):
        same.append(f"NOT ({this_row(place, bind)})")
    return " AND ".join(same)
