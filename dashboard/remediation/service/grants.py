"""What a writer's role still has to be granted, as statements for whoever owns the tables.

Just what release-key and restore-row need: the columns that they write, and SELECT on the table and
on what refers to it. DELETE, for purge-row, is never asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from collectors.model import Catalog, Table
from dashboard.remediation.facts import referring_tables
from dashboard.remediation.writer import TableRights, WriterFacts
from dashboard.remediation.written import written_columns

_NOTHING = TableRights(enters=False, selects=False, updates=frozenset())


@dataclass(frozen=True, slots=True)
class Lack:
    """One table whose Tombstones can stand in the way, and what the role lacks there.

    columns    those that a Remedy writes and the role may not
    untouched  the role may update none of those: perhaps it is not to
    unseen     it may not read all of a row: then it may name none to write it
    grants     the statements that mend it
    """

    table: str
    columns: tuple[str, ...]
    untouched: bool
    unseen: bool
    grants: str


def lacking(catalog: Catalog, facts: WriterFacts) -> Iterator[Lack]:
    """What it lacks, table by table."""
    for table in catalog.tables:
        written = written_columns(catalog, table)
        if not written:
            continue
        rights = facts.tables.get((table.schema, table.name), _NOTHING)
        columns = tuple(column for column in written if column not in rights.updates)
        grants = [*_on(table, columns, facts), *_to_look(catalog, table, facts)]
        if grants:
            untouched = rights.updates.isdisjoint(written)
            unseen = not rights.selects
            yield Lack(table.label, columns, untouched, unseen, " ".join(dict.fromkeys(grants)))


def filtered(catalog: Catalog, facts: WriterFacts) -> list[str]:
    """The tables that a Remedy writes, or counts the rows of, where not every row is shown it."""
    written = [table for table in catalog.tables if written_columns(catalog, table)]
    touched = [*written, *(child for one in written for child in referring_tables(catalog, one))]
    return sorted(
        {
            table.label
            for table in touched
            if facts.tables.get((table.schema, table.name), _NOTHING).filtered
        }
    )


def _on(table: Table, columns: tuple[str, ...], facts: WriterFacts) -> Iterator[str]:
    """SELECT too: a statement names the row by what it holds."""
    rights = facts.tables.get((table.schema, table.name), _NOTHING)
    verbs = [] if rights.selects else ["SELECT"]
    verbs += [f"UPDATE ({', '.join(columns)})"] if columns else []
    if not rights.enters:
        yield f"GRANT USAGE ON SCHEMA {table.schema} TO {facts.role};"
    if verbs:
        yield f"GRANT {', '.join(verbs)} ON {table.schema}.{table.name} TO {facts.role};"


def _to_look(catalog: Catalog, table: Table, facts: WriterFacts) -> Iterator[str]:
    """An undo of a restore is refused where something newer refers to the row."""
    for child in referring_tables(catalog, table):
        yield from _on(child, (), facts)
