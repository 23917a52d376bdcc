"""How our own tables are written: a line inserted or overwritten, and the caches told of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select
from sqlalchemy.dialects.sqlite import insert

from collectors.evidence import schema
from collectors.model import Counting, Topic


def upsert(
    connection: Connection, table: Table, lines: list[dict[str, Any]], keep: Sequence[str] = ()
) -> None:
    """Insert, or overwrite every column that the lines give except those to `keep`."""
    groups: dict[frozenset[str], list[dict[str, Any]]] = {}
    for line in lines:
        groups.setdefault(frozenset(line), []).append(line)
    for names, same in groups.items():
        statement = insert(table)
        key = [column.name for column in table.primary_key]
        changing = {name: statement.excluded[name] for name in names - {*key, *keep}}
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changing), same)


def insert_new(connection: Connection, table: Table, lines: list[dict[str, Any]]) -> None:
    """Insert those lines whose key is not there yet."""
    if lines:
        connection.execute(insert(table).on_conflict_do_nothing(), lines)


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


def midnight(of: date) -> datetime:
    """Where a day begins, or the UTC day of a moment: how the store names a day."""
    day = of.astimezone(UTC).date() if isinstance(of, datetime) else of
    return datetime.combine(day, time(), UTC)


def next_generation(connection: Connection, *, news: bool = True) -> None:
    """Tell every cache that what is stored has changed.

    `news`: so that a page says something else now, not only that somebody has looked again.
    """
    for name in ("generation", *(["news"] if news else [])):
        _grow(connection, name)


def _grow(connection: Connection, name: str) -> None:
    table = schema.meta
    query = select(table.c.value).where(table.c.name == name)
    grown = int(connection.scalar(query) or 0) + 1
    upsert(connection, table, [{"name": name, "value": str(grown)}])
