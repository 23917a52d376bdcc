"""How our own tables are written: a line inserted or overwritten, and the caches told of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects.sqlite import insert

from collectors.evidence import schema

CHUNK = 500
"""Ids in one statement; what a database takes of parameters has an end."""


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


def next_generation(connection: Connection) -> None:
    """Tell every cache that what is stored has changed."""
    table = schema.meta
    query = select(table.c.value).where(table.c.name == "generation")
    grown = int(connection.scalar(query) or 0) + 1
    upsert(connection, table, [{"name": "generation", "value": str(grown)}])
