"""What a plan is made from: the Conflict of our store, the Target's catalog, the row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import ConflictRow, find_conflict
from collectors.evidence.reads.remediations import key_values
from collectors.model import Catalog, KeyValues, Table, UniqueKey
from collectors.postgres.engine import ReadTarget, Snapshot
from collectors.postgres.outage import StatementFailed
from collectors.postgres.statements import parents_of
from dashboard.remediation import statements
from dashboard.remediation.facts import (
    Facts,
    Place,
    Row,
    foreign_keys_of,
    referencing_tables,
)
from dashboard.remediation.outcomes import Refusal, RefusalCode

Catalogs = Callable[[Snapshot], Catalog]
"""Reads a Target's catalog, with what the settings say of its tables."""


@dataclass(frozen=True, slots=True)
class Case:
    """A Conflict with the place of the row it is about. Nothing of the row has been read yet."""

    conflict: ConflictRow
    place: Place
    catalog: Catalog
    reader: ReadTarget


@dataclass(frozen=True, slots=True)
class Sources:
    """Where to read: our store, and the Targets' read-only side."""

    store: Store
    readers: Mapping[str, ReadTarget]
    catalogs: Catalogs

    def case(
        self, conflict_id: str, *, row_id: str | None = None, values: KeyValues | None = None
    ) -> Case | Refusal:
        """Everything about a Conflict but the row: its blocker, or the one that an image is of.

        Raises TargetUnreachable.
        """
        conflict = find_conflict(self.store, conflict_id)
        if conflict is None:
            return Refusal(RefusalCode.UNKNOWN_CONFLICT, "There is no such Conflict.")
        reader = self.readers.get(conflict.target)
        if reader is None:
            return Refusal(
                RefusalCode.UNREACHABLE, f"Target {conflict.target!r} is not in the settings."
            )
        row_id = row_id or (conflict.blocker.id if conflict.blocker else None)
        if row_id is None:
            return Refusal(RefusalCode.NOT_A_TOMBSTONE, "No deleted row is known to hold this key.")
        catalog = reader.ask(self.catalogs)
        table = catalog.table(conflict.schema, conflict.table)
        if table is None:
            return Refusal(RefusalCode.ROW_GONE, f"The table {conflict.table} is not there.")
        values = values or key_values(self.store, conflict_id)
        place = _place(conflict, row_id, values, table, catalog)
        return Case(conflict, place, catalog, reader)


def _place(
    conflict: ConflictRow, row_id: str, values: KeyValues | None, table: Table, catalog: Catalog
) -> Place:
    key = _key(conflict, table)
    fits = key is not None and values is not None and len(values) == len(key.parts)
    return Place(
        conflict_id=conflict.id,
        environment=conflict.environment,
        target=conflict.target,
        table=table,
        key=key,
        values=values if fits else None,
        row_id=row_id,
        foreign_keys=foreign_keys_of(catalog, table),
        dependents=referencing_tables(catalog, table),
    )


def read_row(case: Case) -> Row | Refusal | None:
    """The row through the reader: for what is offered, never for what is written."""
    statement = statements.look(case.place, lock=False)
    try:
        with case.reader.snapshot() as snapshot:
            records = snapshot.rows(statement.sql, *statement.params)
    except StatementFailed as failure:
        return Refusal(
            RefusalCode.DATABASE_REFUSED,
            f"The reader cannot look at {case.place.table.label} ({failure.sqlstate}).",
        )
    return statements.read_row(case.place, records[0]) if records else None


def facts_of(case: Case, row: Row | None, *, triggers_known: bool) -> Facts:
    """The facts with this row. Raises TargetUnreachable."""
    parent_deleted = None if row is None else _parent_deleted(case, row)
    return Facts(
        case.place,
        case.conflict.confidence,
        row,
        parent_deleted=parent_deleted,
        triggers_known=triggers_known,
    )


def _parent_deleted(case: Case, row: Row) -> bool | None:
    """None where the reader may not see a parent."""
    parents = [(one.table, one.link) for one in parents_of(case.catalog, case.place.table)]
    statement = statements.deleted_parents(case.place, row, parents)
    if statement is None:
        return False
    try:
        with case.reader.snapshot() as snapshot:
            return bool(snapshot.rows(statement.sql, *statement.params)[0][0])
    except StatementFailed:
        return None


def _key(conflict: ConflictRow, table: Table) -> UniqueKey | None:
    """The Conflict's key as it is today, as long as it still is that key."""
    named = [
        key
        for key in table.keys
        if conflict.constraint == key.name or conflict.constraint in key.aliases
    ]
    return next((key for key in named if key.columns == conflict.columns), None)
