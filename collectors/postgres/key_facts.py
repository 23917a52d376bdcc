"""What the audit asks a Target besides its catalog: rows, never their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from collectors.model import Catalog, KeyName, Table
from collectors.postgres.outage import Halted, StatementFailed
from collectors.postgres.snapshot import Snapshot
from collectors.postgres.tombstones.exposure import count_exposure

MOST_STATEMENTS = 5_000

_FILLED = """
SELECT quote_ident(n.nspname), quote_ident(c.relname), c.reltuples
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE quote_ident(n.nspname) = ANY ($1::text[]) AND c.relkind IN ('r', 'p')
  AND (c.relkind = 'p' OR pg_relation_size(c.oid) > 0)
"""
"""$1 schemas, quoted. A partitioned table has no size of its own."""

_NAMES = """
SELECT c.relname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE quote_ident(n.nspname) = ANY ($1::text[]) AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid = c.oid AND i.indisunique
)
"""
"""$1 schemas, quoted. Tables, views, sequences and indexes share their names; ours come out raw."""

_STATISTICS = """
SELECT quote_ident(n.nspname) FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_stat_statements'
"""

_UPSERTS = """
SELECT s.query, s.calls FROM {schema}.pg_stat_statements s
JOIN pg_catalog.pg_database d ON d.oid = s.dbid
WHERE d.datname = current_database() AND s.query ~* 'on\\s+conflict' AND s.query ~* 'into'
ORDER BY s.calls DESC LIMIT {most}
"""


def filled_tables(snapshot: Snapshot, catalog: Catalog) -> dict[tuple[str, str], float]:
    """The tables that hold anything, with the rows that the statistics give them (-1: unknown)."""
    schemas = sorted({table.schema for table in catalog.tables})
    rows = snapshot.rows(_FILLED, schemas) if schemas else []
    return {(schema, name): float(tuples) for schema, name, tuples in rows}


def taken_names(snapshot: Snapshot, catalog: Catalog) -> frozenset[str]:
    """The (raw) names that a new index cannot have, besides those of unique indexes."""
    schemas = sorted({table.schema for table in catalog.tables})
    rows = snapshot.rows(_NAMES, schemas) if schemas else []
    return frozenset(name for (name,) in rows)


def exposed_rows(
    snapshot: Snapshot, catalog: Catalog, table: Table, share: float | None = None
) -> dict[KeyName, int]:
    """Tombstones by the key that they hold; empty where the table could not be counted."""
    with suppress(StatementFailed, Halted), snapshot.attempt():
        counts = count_exposure(snapshot, catalog, table, share=share)
        return {
            (table.schema, table.name, one.constraint): one.tombstones
            for one in counts.exposures
            if one.constraint is not None and one.organization_id is None
        }
    return {}


def repeated_values(snapshot: Snapshot, queries: Mapping[KeyName, str]) -> dict[KeyName, int]:
    """How many rows each query has; one that fails or takes too long is left out."""
    found: dict[KeyName, int] = {}
    for name, query in queries.items():
        statement = f"SELECT count(*) FROM ({query}) repeated"  # noqa: S608
        with suppress(StatementFailed, Halted):
            (((count,),),) = snapshot.attempt_each((statement,))
            found[name] = int(count)
    return found


def upsert_statements(snapshot: Snapshot) -> Iterator[tuple[str, int]]:
    """The statements with ON CONFLICT that pg_stat_statements has seen here, and how often.

    Nothing where it is not installed or may not be read; its constants are `$1` already.
    """
    for (schema,) in snapshot.rows(_STATISTICS):
        with suppress(StatementFailed, Halted):
            (rows,) = snapshot.attempt_each((_UPSERTS.format(schema=schema, most=MOST_STATEMENTS),))
            yield from rows
