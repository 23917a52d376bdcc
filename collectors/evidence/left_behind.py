"""Writing down what deletions left behind, and how the Invariants stand. Values only as masks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.places import at_place, end_trend, place_of, places_gone, save_survey
from collectors.evidence.privacy import mask, mask_text
from collectors.evidence.writing import midnight, next_generation, upsert
from collectors.model import (
    CheckedInvariant,
    Leftover,
    LeftoverSample,
    TableLeftovers,
    Topic,
)


def save_leftovers(store: Store, found: TableLeftovers) -> None:
    """What the deletions of one table left behind, in the place of what was there before."""
    place = place_of(found.target, found.schema, found.table)
    lines = [place | _leftover_line(one, found.how.as_of) for one in found.leftovers]
    with store.write() as connection:
        save_survey(connection, place, Topic.LEFTOVERS, found.how)
        connection.execute(delete(schema.leftovers).where(*at_place(schema.leftovers, place)))
        upsert(connection, schema.leftovers, lines)
        upsert(connection, schema.leftover_days, _days(lines, schema.leftover_days))
        there = {(one.kind.value, one.table, one.name) for one in found.leftovers}
        end_trend(connection, schema.leftover_days, place, there, found.how.as_of)
        next_generation(connection)


def forget_leftovers(
    store: Store, target: str, there: Sequence[tuple[str, str]], at: datetime
) -> None:
    """Drop what was counted of tables that are not `there` (schema, name) any more, seen `at`."""
    table = schema.leftovers
    with store.write() as connection:
        for place in places_gone(connection, table, target, there):
            connection.execute(delete(table).where(*at_place(table, place)))
            end_trend(connection, schema.leftover_days, place, (), at)


def save_invariants(store: Store, target: str, checked: Sequence[CheckedInvariant]) -> None:
    """How every Invariant of one Target stands; what is no more among them is forgotten."""
    table = schema.invariants
    lines = [_invariant_line(one) for one in checked]
    with store.write() as connection:
        connection.execute(delete(table).where(table.c.target == target))
        upsert(connection, table, lines)
        upsert(connection, schema.invariant_days, _days(lines, schema.invariant_days))
        next_generation(connection)


def _leftover_line(one: Leftover, as_of: datetime) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "row_table": one.table,
        "name": one.name,
        "as_of": as_of,
        "rows": one.rows,
        "oldest": one.oldest,
        "growth": [[day.isoformat(), rows] for day, rows in one.growth],
        "samples": [_sample(sample) for sample in one.samples],
        "sampled": one.sampled,
        "said": one.said,
    }


def _invariant_line(one: CheckedInvariant) -> dict[str, Any]:
    invariant = one.invariant
    return {
        "target": one.target,
        "name": invariant.name,
        "title": invariant.title,
        "reason": invariant.reason,
        "severity": invariant.severity,
        "about": invariant.about,
        "sql": invariant.sql,
        "as_of": one.as_of,
        "state": one.state,
        "rows": one.rows,
        "oldest": one.oldest,
        "samples": [_sample(sample) for sample in one.samples],
        "said": one.said,
    }


def _sample(one: LeftoverSample) -> dict[str, Any]:
    """A row's id may be an address where people are their own primary key."""
    return {
        "id": mask_text(one.row_id),
        "since": one.since.isoformat() if one.since else None,
        "values": [mask(value) for value in one.values],
    }


def _days(lines: Sequence[dict[str, Any]], table: Table) -> list[dict[str, Any]]:
    """Those that could be counted, as lines of the trend."""
    names = [column.name for column in table.columns if column.name != "day"]
    return [
        {name: line[name] for name in names} | {"day": midnight(line["as_of"])}
        for line in lines
        if line["rows"] is not None
    ]
