"""What the writer's role is and may do, for `doctor`; asked, never tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.remediation.writer.connecting import Connecting, Which

_ROLE = """
SELECT quote_ident(rolname), rolsuper, current_setting('transaction_read_only')::boolean
FROM pg_catalog.pg_roles WHERE rolname = current_user
"""

_RIGHTS = """
SELECT format('%s (%s)', c.oid::regclass, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
           FILTER (WHERE has_column_privilege(c.oid, a.attnum, 'UPDATE'))),
       CASE WHEN pg_has_role(c.relowner, 'USAGE') THEN format('owns %s', c.oid::regclass)
            WHEN has_table_privilege(c.oid, 'INSERT, TRUNCATE')
            THEN format('may insert into or truncate %s', c.oid::regclass) END,
       bool_or(has_column_privilege(c.oid, a.attnum, 'UPDATE')),
       CASE WHEN has_table_privilege(c.oid, 'DELETE') THEN c.oid::regclass::text END
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p')
GROUP BY c.oid, c.relowner, c.relname
ORDER BY c.relname
"""
"""$1 schemas."""

_TABLES = """
SELECT quote_ident(n.nspname), quote_ident(c.relname),
       has_schema_privilege(n.oid, 'USAGE'),
       bool_and(has_column_privilege(c.oid, a.attnum, 'SELECT')),
       array_remove(array_agg(CASE WHEN has_column_privilege(c.oid, a.attnum, 'UPDATE')
                                   THEN quote_ident(a.attname) END), NULL),
       row_security_active(c.oid)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p')
GROUP BY n.oid, n.nspname, c.oid, c.relname
"""
"""$1 schemas."""


@dataclass(frozen=True, slots=True)
class TableRights:
    """What the role may do in one table, besides deleting.

    updates   columns, quoted
    filtered  row-level security binds the role there
    """

    enters: bool
    selects: bool
    updates: frozenset[str]
    filtered: bool = False


@dataclass(frozen=True, slots=True)
class WriterFacts:
    """What the writer's role is and may do, for `doctor`; asked, never tried.

    database  which one this is
    read_only it takes no writes now
    writes    the columns it may update, as `table (column, column)`
    deletes   the tables it may delete from
    excess    what it may do beyond updating single columns and deleting rows
    tables    each table of the schemas, by its quoted schema and name
    """

    role: str
    superuser: bool
    database: Which
    writes: tuple[str, ...]
    deletes: tuple[str, ...]
    excess: tuple[str, ...]
    tables: Mapping[tuple[str, str], TableRights]
    read_only: bool = False


class RightsReader(Connecting):
    """Asks the writer's role what it may do."""

    def facts(self, schemas: Sequence[str]) -> WriterFacts:
        """What its role may do in these schemas. Raises TargetUnreachable."""
        with self._connected() as connection, self._transaction(connection, "tombstone doctor"):
            role, superuser, read_only = connection.execute(_ROLE).fetchall()[0]
            database = self._which(connection)
            rights = connection.execute(_RIGHTS, [list(schemas)]).fetchall()
            tables = connection.execute(_TABLES, [list(schemas)]).fetchall()
        return WriterFacts(
            role,
            superuser,
            database,
            tuple(columns for columns, _, some, _ in rights if some),
            tuple(table for *_, table in rights if table),
            tuple(more for _, more, *_ in rights if more),
            {
                (schema, table): TableRights(enters, selects, frozenset(updates), filtered)
                for schema, table, enters, selects, updates, filtered in tables
            },
            read_only,
        )
