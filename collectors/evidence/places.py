"""What was counted in one table of a Target: its lines, how it answered, and where a trend ends."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, select

from collectors.evidence import schema
from collectors.evidence.writing import midnight, upsert
from collectors.model import Counting, Topic


def place_of(target: str, schema_name: str, table: str) -> dict[str, str]:
    """The columns by which a line is about one table of a Target."""
    return {"target": target, "schema_name": schema_name, "table_name": table}


def at_place(table: Table, place: Mapping[str, str]) -> list[ColumnElement[bool]]:
    """The lines about it."""
    return [table.c[name] == value for name, value in place.items()]


def places_gone(
    connection: Connection, table: Table, target: str, there: Collection[tuple[str, str]]
) -> Iterator[dict[str, str]]:
    """The places that lines are about and that are not `there` (schema, name) any more."""
    query = select(table.c.schema_name, table.c.table_name).distinct()
    known = connection.execute(query.where(table.c.target == target)).all()
    for schema_name, name in {(one, two) for one, two in known} - set(there):
        yield place_of(target, schema_name, name)


def save_survey(
    connection: Connection, place: Mapping[str, str], topic: Topic, how: Counting
) -> None:
    """How a table answered to a Topic, in the place of before."""
    line = {
        **place,
        "topic": topic,
        "as_of": how.as_of,
        "covers_from": how.covers_from,
        "sampled": how.sampled,
        "estimated": how.estimated,
        "by_organization": how.by_organization,
        "notes": list(how.notes),
    }
    upsert(connection, schema.surveys, [line])


def end_trend(
    connection: Connection,
    days: Table,
    place: Mapping[str, str],
    there: Collection[tuple[str, ...]],
    at: datetime,
) -> None:
    """Nothing, on the day of `at`, of what the trend of a place tells and is no longer `there`.

    `days` has a line a day; its key is the place, what was counted there, and `day`. A trend goes
    on as it was last counted: without a last line a key that was mended would hold rows for ever.
    """
    names = [one.name for one in days.primary_key if one.name not in {*place, "day"}]
    (counted,) = (column for column in days.columns if not column.primary_key)
    query = select(*(days.c[name] for name in names), counted).order_by(days.c.day)
    rows = connection.execute(query.where(*at_place(days, place)))
    last = {tuple(row[:-1]): row[-1] for row in rows}
    gone = [what for what, count in last.items() if count and what not in there]
    nothing = {**place, "day": midnight(at), counted.name: 0}
    upsert(connection, days, [nothing | dict(zip(names, what, strict=True)) for what in gone])
