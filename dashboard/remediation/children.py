"""The SQL that finds what was deleted in the same moment as a row and refers to it."""

# ruff: noqa: S608  (what is put together here comes from the catalog alone)

from __future__ import annotations

from collections.abc import Sequence

from collectors.model import ForeignKey, Table
from dashboard.remediation.changes import Binding, Statement
from dashboard.remediation.facts import Place, Row
from dashboard.remediation.statements import name_of, this_row, type_of

WITHIN_S = 1
"""Two deletions this far apart, in seconds, are one moment: one request, one transaction."""

Link = tuple[Table, Sequence[ForeignKey]]
"""A table with a marker that knows the time, and its references to ours: a row may refer twice."""


def deleted_together(place: Place, row: Row, children: Sequence[Link]) -> Statement | None:
    """A number a child: rows that refer to ours and were soft-deleted in the same moment."""
    if not _tells_time(place) or not children:
        return None
    bind = Binding()
    counts = [f"(SELECT count(*) {_found(place, row, child, bind)})" for child in children]
    return bind.statement(f"SELECT {', '.join(counts)}")


def which_deleted_together(place: Place, row: Row, child: Link, most: int) -> Statement | None:
    """Their primary keys as texts, one row more than `most` at most."""
    table, _ = child
    if not _tells_time(place) or not table.row_key:
        return None
    bind = Binding()
    names = ", ".join(f"{name}::text" for name in table.primary_key)
    found = _found(place, row, child, bind)
    order = ", ".join(table.primary_key)
    return bind.statement(f"SELECT {names} {found} ORDER BY {order} LIMIT {most + 1}")


def _tells_time(place: Place) -> bool:
    return place.table.marker is not None and place.table.marker.since is not None


def _found(place: Place, row: Row, child: Link, bind: Binding) -> str:
    table, links = child
    marker = place.table.marker
    assert marker is not None
    assert table.marker is not None
    ours = f"(SELECT {marker.since} FROM {name_of(place.table)} WHERE {this_row(place, bind)})"
    same = " OR ".join(f"({_refers(link, place, row, bind)})" for link in links)
    apart = f"abs(extract(epoch FROM ({table.marker.since}) - {ours})) < {WITHIN_S}"
    where = f"({same}) AND ({table.marker.deleted}) AND {apart}"
    if name_of(table) == name_of(place.table):
        where += f" AND NOT ({this_row(place, bind)})"
    return f"FROM {name_of(table)} WHERE {where}"


def _refers(link: ForeignKey, place: Place, row: Row, bind: Binding) -> str:
    pairs = zip(link.columns, link.to_columns, strict=True)
    same = [f"{its} = {bind(row.columns[mine], type_of(place, mine))}" for its, mine in pairs]
    return " AND ".join(same)
