"""Whatever a role or a database sets for its sessions, the same is read and written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import UniqueViolation

from sample_data.postgres import Database
from tests.captured import captured
from tests.database.test_collect import World

KEPT = {
    "span": "1 year 2 mons -3 days 04:05:06.7",
    "token": r"\x00ff5c27",
    "share": "0.1000000000000000055",
    "name": r"O''Brien\x C:\temp {NULL}",
}
"""Values that are printed in several ways, each the second column of a unique key."""

SCHEMA = f"""
CREATE TABLE accounts (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now() - interval '1 year',
    tenant int NOT NULL DEFAULT 1, span interval, token bytea, share float8, name text,
    UNIQUE (tenant, span), UNIQUE (tenant, token), UNIQUE (tenant, share), UNIQUE (tenant, name)
);
INSERT INTO accounts ({", ".join(KEPT)}, deleted_at)
VALUES ({", ".join(f"'{value}'" for value in KEPT.values())}, now() - interval '9 days');
"""

SETTINGS = {
    "search_path": {"search_path": "pg_catalog"},
    "client_encoding": {"client_encoding": "LATIN1"},
    "intervals of SQL's standard": {"intervalstyle": "sql_standard"},
    "intervals of ISO 8601": {"intervalstyle": "iso_8601"},
    "intervals in words": {"intervalstyle": "postgres_verbose"},
    "bytea_output": {"bytea_output": "escape"},
    "backslashes": {"standard_conforming_strings": "off", "escape_string_warning": "off"},
    "floats": {"extra_float_digits": "1"},
    "nulls and names": {
        "transform_null_equals": "on",
        "array_nulls": "off",
        "quote_all_identifiers": "on",
    },
    "serializable": {
        "default_transaction_isolation": "serializable",
        "default_transaction_deferrable": "on",
    },
    "patience": {"lock_timeout": "1ms", "statement_timeout": "1s"},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_session_s_defaults_change_no_verdict(
    name: str, database: Database, tmp_path: Path
) -> None:
    database.execute(SCHEMA)
    for setting, value in SETTINGS[name].items():
        spelled = sql.SQL("ALTER DATABASE {} SET {} TO {}").format(
            sql.Identifier(database.name), sql.Identifier(setting), sql.Literal(value)
        )
        database.execute(spelled.as_string())
    world = World(database, tmp_path)
    events, at = [], datetime.now(UTC) - timedelta(minutes=5)
    with psycopg.connect(database.dsn, autocommit=True) as session:
        session.execute("SET standard_conforming_strings = on; SET statement_timeout = 0")
        for column, value in KEPT.items():
            with pytest.raises(UniqueViolation) as failed:
                session.execute(f"INSERT INTO public.accounts ({column}) VALUES ('{value}')")
            events.append(captured(failed.value, environment="production", at=at))
    summary = world.collect(*events)
    assert summary["by_verdict"]["BLOCKED_BY_TOMBSTONE"] == len(KEPT), world.failures()
    assert {one["blocker"]["id"] for one in world.failures()} == {"1"}
