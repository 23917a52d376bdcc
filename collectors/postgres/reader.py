"""What our own role may and may not do on a Target, for `doctor`: asked, never tried.

Grants are read from the catalog; whether a look-up may run is found by running it for no key at
all, which checks every privilege that the real one needs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from collectors.model import Catalog, Table, UniqueKey
from collectors.postgres.outage import StatementFailed
from collectors.postgres.parents import Parent, parents_of
from collectors.postgres.shapes import batches
from collectors.postgres.snapshot import Question, Snapshot
from collectors.postgres.statements import held_rows

_AT_ONCE = 50
"""Tables whose look-ups go to the server together: a trip each is most of what they take."""

_BECOMES = "SELECT r.oid, r.rolsuper FROM pg_catalog.pg_roles r WHERE pg_has_role(r.oid, '{way}')"
"""The role itself, and every one that it may become by SET ROLE, whether it inherits of it or not.
That way of being a member has a name of its own since PostgreSQL 16."""

_ROLE = f"""
SELECT quote_ident(current_user), bool_or(becomes.rolsuper) FROM ({_BECOMES}) becomes
"""  # noqa: S608  (made of constants)

_WRITABLE = f"""
WITH becomes AS MATERIALIZED ({_BECOMES})
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'f')
  AND EXISTS (
      SELECT FROM becomes WHERE pg_has_role(becomes.oid, c.relowner, 'USAGE')
        OR has_table_privilege(becomes.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
        OR has_any_column_privilege(becomes.oid, c.oid, 'INSERT, UPDATE')
  )
UNION ALL
SELECT format('schema %I', n.nspname)
FROM pg_catalog.pg_namespace n
WHERE n.nspname = ANY ($1::text[])
  AND EXISTS (SELECT FROM becomes WHERE has_schema_privilege(becomes.oid, n.oid, 'CREATE'))
ORDER BY 1
"""  # noqa: S608  (made of constants)
"""$1 schemas. An owner may grant itself whatever it lacks."""

_HIDDEN = """
SELECT format('%I.%I', n.nspname, c.relname),
       row_security_active(c.oid),
       ARRAY(SELECT quote_ident(a.attname) FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
               AND NOT has_column_privilege(c.oid, a.attnum, 'SELECT') ORDER BY a.attnum),
       CASE WHEN NOT has_schema_privilege(n.oid, 'USAGE') THEN quote_ident(n.nspname) END
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE format('%I.%I', n.nspname, c.relname) = ANY ($1::text[])
ORDER BY 1
"""
"""$1 tables, quoted. The last column is the schema, where the role may not enter it."""

_MISSING = """
SELECT name FROM unnest($1::text[]) AS named (name)
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = name)
"""
"""$1 schemas."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A table with a key that the role cannot look up, or not whether a live row was left behind.

    columns  those it may not read
    schema   the table's, where it may not enter it
    parents  the tables that a row belongs to and that it may not read; then the keys themselves
             can be looked up
    """

    table: str
    columns: tuple[str, ...]
    schema: str | None
    parents: tuple[str, ...] = ()

    def grants(self, role: str) -> str:
        """The statements that mend it, for whoever owns the table."""
        enter = f"GRANT USAGE ON SCHEMA {self.schema} TO {role}; " if self.schema else ""
        read = f"GRANT SELECT ON {self.table} TO {role};" if self.columns else ""
        return f"{enter}{read}".strip()


@dataclass(frozen=True, slots=True)
class ReaderFacts:
    """What doctor judges the reader's role by; tables are `schema.table`.

    writable    where it could write or owns: must be empty, as `superuser` must be false; it, or a
                role that it may become
    filtered    tables whose rows row-level security hides from it
    unreadable  tables with a key that it cannot look up in full
    missing     configured schemas that are not there
    """

    role: str
    superuser: bool
    writable: tuple[str, ...]
    filtered: tuple[str, ...]
    unreadable: tuple[Unreadable, ...]
    missing: tuple[str, ...] = ()

    @property
    def reads_only(self) -> bool:
        """It can write nothing in the configured schemas."""
        return not (self.superuser or self.writable)


def reader_facts(
    snapshot: Snapshot, catalog: Catalog, *, schemas: Sequence[str] = ("public",)
) -> ReaderFacts:
    """The role's privileges on these schemas. Raises TargetUnreachable."""
    way = "SET" if snapshot.server_version >= 160_000 else "MEMBER"
    role, superuser = snapshot.rows(_ROLE.format(way=way))[0]
    writable = [name for (name,) in snapshot.rows(_WRITABLE.format(way=way), list(schemas))]
    names = [table.qualified for table in catalog.tables]
    hidden = {name: told for name, *told in snapshot.rows(_HIDDEN, names)}
    open_to_it = _open(snapshot, [_look_ups(table) for table in catalog.tables])
    refused = {t.qualified for t, may in zip(catalog.tables, open_to_it, strict=True) if not may}
    filtered = tuple(name for name, (rls, *_) in hidden.items() if rls)
    closed = {*refused, *filtered}
    left = [table for table in catalog.tables if table.qualified not in closed]
    orphaned = [
        Unreadable(name, (), None, parents)
        for name, parents in _closed_parents(snapshot, catalog, left).items()
    ]
    return ReaderFacts(
        role,
        superuser,
        tuple(writable),
        filtered,
        tuple(
            Unreadable(name, tuple(columns), schema)
            for name, (_, columns, schema) in hidden.items()
            if name in refused and name not in filtered
        )
        + tuple(orphaned),
        tuple(name for (name,) in snapshot.rows(_MISSING, list(schemas))),
    )


def _closed_parents(
    snapshot: Snapshot, catalog: Catalog, tables: Sequence[Table]
) -> Mapping[str, tuple[str, ...]]:
    """Of each table, those that its rows belong to, of which what is deleted cannot be read."""
    each = [(table, parent) for table in tables for parent in parents_of(catalog, table)]
    asked = _open(snapshot, [_look_ups(*one) for one in each])
    closed: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for (table, parent), may in zip(each, asked, strict=True):
        if not may:
            closed[table.qualified][parent.table.qualified] = None
    return {name: tuple(parents) for name, parents in closed.items()}


def _look_ups(table: Table, *parents: Parent) -> list[Question]:
    """One of no key for each of the table's, with these parents of its rows."""
    return [_look_up(table, key, parents) for key in table.keys]


def _look_up(table: Table, key: UniqueKey, parents: Sequence[Parent]) -> Question:
    nulls = [False] * len(key.parts)
    statement = held_rows(table, key.parts, nulls, key=key, parents=parents, within=True)
    return (statement, *("{}" for _ in key.parts))


def _open(snapshot: Snapshot, groups: Sequence[Sequence[Question]]) -> Iterator[bool]:
    """Whether the role may ask all of a group: of many at once, and only if it balks of each."""
    for some in batches(groups, _AT_ONCE):
        together = [question for group in some for question in group]
        whole = _may_ask(snapshot, together)
        yield from (whole or _may_ask(snapshot, group) for group in some)


def _may_ask(snapshot: Snapshot, questions: Sequence[Question]) -> bool:
    try:
        snapshot.attempt_each(*questions)
    except StatementFailed as failure:
        if not failure.denied:
            raise
        return False
    return True
