"""The audit of a large schema, against its bare catalog queries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from pydantic import SecretStr

from collectors.auditing import audit_targets
from collectors.postgres import catalog_sql
from collectors.settings import Settings, TargetSettings
from sample_data.postgres import Postgres
from tests.benchmarks.timing import in_turn, ratio

TABLES, INDEXES = 1_000, 5_000
_SCHEMA = f"""
DO $$ BEGIN FOR i IN 1..{TABLES} LOOP EXECUTE format('
    CREATE TABLE t%1$s (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(), created_at timestamptz,
        deleted_at timestamptz, organization_id uuid NOT NULL, parent_id uuid %2$s,
        email text NOT NULL, slug text, external_id text, token text, name text
    );
    CREATE UNIQUE INDEX ix_t%1$s_email ON t%1$s (organization_id, lower(email));
    CREATE UNIQUE INDEX ix_t%1$s_slug ON t%1$s (slug) WHERE deleted_at IS NULL;
    CREATE UNIQUE INDEX ix_t%1$s_token ON t%1$s (token);
    ALTER TABLE t%1$s ADD UNIQUE (organization_id, external_id)',
    i, CASE WHEN i > 1 THEN format('REFERENCES t%s', i - 1) END);
    IF i %% 50 = 0 THEN COMMIT; END IF;
END LOOP; END $$
""".replace("%%", "%")
_FLAWED = 2
"""Keys of each table that ignore deletion and can be asked for again; each gets a migration."""


def measure(folder: Path) -> Iterator[dict[str, Any]]:
    """Medians of a whole audit, and of the catalog's statements fetched and thrown away."""
    with Postgres.start(folder / "postgres") as postgres:
        dsn = postgres.dsn()
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(_SCHEMA.encode())
            connection.execute("VACUUM ANALYZE")
        settings = Settings(targets={"production": TargetSettings(read_dsn=SecretStr(dsn))})
        medians = in_turn(9, audit=lambda: _audit(settings), floor=lambda: _floor(dsn))
    yield {
        "what": "audit of a schema, against its bare catalog queries",
        "tables": TABLES,
        "unique_indexes": INDEXES,
        "audit_ms": round(medians["audit"] * 1_000),
        "floor_ms": round(medians["floor"] * 1_000),
        "times_floor": ratio(medians, "audit", "floor"),
    }


def _audit(settings: Settings) -> None:
    found = audit_targets(settings).findings
    mended = [one for one in found if one.migration]
    assert len(mended) == _FLAWED * TABLES, len(mended)


def _floor(dsn: str) -> None:
    with psycopg.connect(dsn) as connection, psycopg.RawCursor(connection) as cursor:
        for statement in (
            catalog_sql.TABLES,
            catalog_sql.COLUMNS,
            catalog_sql.KEY_PARTS,
            catalog_sql.FOREIGN_KEYS,
            catalog_sql.TRIGGERS,
            catalog_sql.CHECKS,
        ):
            cursor.execute(statement.encode(), [["public"]]).fetchall()
        states = [["public"], ["deleted", "removed"]]
        cursor.execute(catalog_sql.SEEN_STATES.encode(), states).fetchall()
