"""What a plan is made from: the Conflict of our store, the Target's catalog, the row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from collectors.errors import TombstoneError
from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import ConflictRow, find_conflict
from collectors.evidence.reads.remediations import key_values
from collectors.model import Catalog, ForeignKey, KeyValues, Table, UniqueKey
from collectors.model.releasable import keys_reading
from collectors.postgres.engine import ReadTarget
from collectors.postgres.outage import StatementFailed
from collectors.postgres.parents import parents_of
from collectors.postgres.snapshot import Snapshot
from dashboard.remediation import statements
from dashboard.remediation.changes import Statement, Write
from dashboard.remediation.facts import (
    Facts,
    Place,
    Row,
    foreign_keys_of,
    referencing_tables,
)
from dashboard.remediation.kept import put_back
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.plan import refused_by_row_key

Catalogs = Callable[[Snapshot], Catalog]
"""Reads a Target's catalog, with what the settings say of its tables."""

T = TypeVar("T")

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """A Conflict with the place of the row it is about, while its Target is being looked at.

    Nothing of the row has been read yet; what is asked of it sees the catalog's own moment.
    """

    conflict: ConflictRow
    place: Place
    catalog: Catalog
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Sources:
    """Where to read: our store, and the Targets' read-only side."""

    store: Store
    readers: Mapping[str, ReadTarget]
    catalogs: Catalogs

    def place(self, conflict_id: str, *, row_id: str | None = None) -> Place | Refusal:
        """Where a Conflict's row stands by today's catalog. Raises TargetUnreachable."""
        return self.ask(conflict_id, lambda case: case.place, row_id=row_id)

    def time_at(self, target: str) -> datetime:
        """What time it is there; long ago where that is not told just now."""
        try:
            return self.readers[target].ask(lambda snapshot: snapshot.as_of)
        except TombstoneError:
            return _LONG_AGO

    def ask(
        self,
        conflict_id: str,
        question: Callable[[Case], T],
        *,
        row_id: str | None = None,
        values: KeyValues | None = None,
    ) -> T | Refusal:
        """What `question` finds out in one look, about a Conflict's blocker or another row of it.

        It may be asked again where a standby's replay cut it off. Raises TargetUnreachable.
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
        known = values or key_values(self.store, conflict_id)

        def looked(snapshot: Snapshot) -> T | Refusal:
            catalog = self.catalogs(snapshot)
            place = Places(catalog).of(conflict, row_id, known)
            if isinstance(place, Refusal):
                return place
            return question(Case(conflict, place, catalog, snapshot))

        return reader.ask(looked)


@dataclass(frozen=True, slots=True)
class Around:
    """What the catalog says around a table: for every row of it the same."""

    table: Table
    foreign_keys: tuple[ForeignKey, ...]
    dependents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """Where the rows of many Conflicts stand by one catalog, which is gone through once a table."""

    catalog: Catalog
    known: dict[tuple[str, str], Around | None] = field(default_factory=dict)

    def of(self, conflict: ConflictRow, row_id: str, values: KeyValues | None) -> Place | Refusal:
        """The place of a Conflict's row, with its key as the catalog has it today.

        A Refusal where its table is not there, or no statement can name this row of it.
        """
        around = self._around(conflict.schema, conflict.table)
        if around is None:
            return Refusal(RefusalCode.ROW_GONE, f"The table {conflict.table} is not there.")
        if (unnamed := refused_by_row_key(around.table, row_id)) is not None:
            return unnamed
        key = _key(conflict, around.table)
        fits = key is not None and values is not None and len(values) == len(key.parts)
        return Place(
            conflict_id=conflict.id,
            environment=conflict.environment,
            target=conflict.target,
            table=around.table,
            key=key,
            values=values if fits else None,
            row_id=row_id,
            foreign_keys=around.foreign_keys,
            dependents=around.dependents,
        )

    def _around(self, schema: str, name: str) -> Around | None:
        if (schema, name) not in self.known:
            table = self.catalog.table(schema, name)
            around = None
            if table is not None:
                links = foreign_keys_of(self.catalog, table)
                around = Around(table, links, referencing_tables(self.catalog, table))
            self.known[schema, name] = around
        return self.known[schema, name]


def read_row(snapshot: Snapshot, place: Place) -> Row | Refusal | None:
    """The row through the reader: for what is offered, never for what is written."""
    statement = statements.look(place, lock=False)
    try:
        (records,) = snapshot.attempt_each((statement.sql, *statement.params))
    except StatementFailed as failure:
        why = "; is a value that is known of it none of its column's type any more?"
        also = why if failure.blames_a_value else "."
        return Refusal(
            RefusalCode.DATABASE_REFUSED,
            f"The reader cannot look at {place.table.label} ({failure.sqlstate}){also}",
        )
    return statements.read_row(place, records[0]) if records else None


def facts_of(case: Case, row: Row | None, *, triggers_known: bool) -> Facts:
    """The facts with this row, but for those about others. Raises TargetUnreachable."""
    facts = Facts(case.place, case.conflict.confidence, row, triggers_known=triggers_known)
    if row is None:
        return facts
    return replace(
        facts,
        parent_deleted=_parent_deleted(case, row),
        kept_free=_kept_free(case, row),
    )


def _parent_deleted(case: Case, row: Row) -> bool | None:
    """None where the reader may not see a parent."""
    parents = [(one.table, one.link) for one in parents_of(case.catalog, case.place.table)]
    statement = statements.deleted_parents(case.place, row, parents)
    answer = (False,) if statement is None else _answered(case, statement)
    return None if answer is None else bool(answer[0])


def _kept_free(case: Case, row: Row) -> bool:
    """Whether a value that a release has kept in the row could go back to its column."""
    table = case.place.table
    changes = put_back(table, row)
    keys = keys_reading(table, {one.column for one in changes if isinstance(one, Write)})
    statement = statements.occupied(case.place, keys, changes)
    answer = () if statement is None else _answered(case, statement)
    return bool(changes) and answer is not None and not any(answer)


def answers(case: Case, statement: Statement) -> list[tuple[Any, ...]]:
    """What the reader answers; nothing where it may not see what is asked about."""
    try:
        return case.snapshot.attempt_each((statement.sql, *statement.params))[0]
    except StatementFailed:
        return []


def _answered(case: Case, statement: Statement) -> tuple[Any, ...] | None:
    return next(iter(answers(case, statement)), None)


def _key(conflict: ConflictRow, table: Table) -> UniqueKey | None:
    """The Conflict's key as it is today, as long as it still is that key."""
    named = [
        key
        for key in table.keys
        if conflict.constraint == key.name or conflict.constraint in key.aliases
    ]
    return next((key for key in named if key.columns == conflict.columns), None)
