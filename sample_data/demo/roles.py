"""The reader's and the writer's role, made by the very SQL that README gives."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from sample_data.postgres import Postgres

_HERE = Path(__file__).parent
READER, WRITER = "tombstone_reader", "tombstone_writer"


def make_roles(postgres: Postgres, databases: Mapping[str, str]) -> dict[str, str]:
    """Make both roles with grants on every database; returns their passwords by role."""
    passwords = {READER: secrets.token_urlsafe(24), WRITER: secrets.token_urlsafe(24)}
    given = {"reader_password": passwords[READER], "writer_password": passwords[WRITER]}
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        for role in (READER, WRITER):
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
        _run(connection, "roles.sql", given)
    for database in databases.values():
        with psycopg.connect(postgres.dsn(database), autocommit=True) as connection:
            _run(connection, "grants.sql", {})
    return passwords


def _run(
    connection: psycopg.Connection[tuple[object, ...]], name: str, given: Mapping[str, str]
) -> None:
    """Run a psql script whose only variables are `:'name'`."""
    script = (_HERE / name).read_text(encoding="utf-8")
    filled = re.sub(
        r":'(\w+)'", lambda found: sql.Literal(given[found[1]]).as_string(connection), script
    )
    connection.execute(filled.encode())
