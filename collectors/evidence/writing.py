"""How our own tables are written: a line inserted or overwritten, and the caches told of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects.sqlite import insert

from collectors.evidence import schema


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
