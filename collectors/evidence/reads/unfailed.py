"""Conflicts that no Failure has shown: asked again as if one had happened when they opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from collectors.evidence.database import Store
from collectors.evidence.lines import LOOKED_UP
from collectors.evidence.reads.rows import row_ref
from collectors.evidence.schema import conflicts, verdict_history
from collectors.model import Failure, KeyValues, RowRef, ValueSource, Verdict, ViolatedKey


@dataclass(frozen=True, slots=True)
class Pending:
    """A Failure to ask about; a stored one with the Verdict and blocker it has now.

    `target` is the Target of its Conflict, whatever its environment belongs to by now, `key_table`
    the schema and table of its Conflict's key, which an Event need not name, `key_name` and
    `key_columns` that key's name and expressions as the catalog had them, and `key_values` their
    values, where the Event does not print them whole.
    """

    source: str
    failure: Failure
    conflict_id: str | None = None
    verdict: Verdict = Verdict.UNDECIDED
    blocker: RowRef | None = None
    target: str | None = None
    key_table: tuple[str, str] | None = None
    key_columns: tuple[str, ...] = ()
    key_values: KeyValues | None = None
    key_name: str | None = None


def looked_up_conflicts() -> Select[Any]:
    """All of them whose values are still kept, each with the time that it was opened at."""
    opened = (
        select(func.min(verdict_history.c.at))
        .where(verdict_history.c.conflict_id == conflicts.c.id)
        .scalar_subquery()
        .label("opened_at")
    )
    unfailed = conflicts.c.newest_event.is_(None), conflicts.c.sealed.is_not(None)
    return select(conflicts, opened).where(*unfailed)


def looked_up(store: Store, query: Select[Any]) -> Iterator[Pending]:
    """What to ask about each of them."""
    with store.read() as connection:
        for row in connection.execute(query):
            key = ViolatedKey(
                constraint=row.constraint_name,
                schema=row.schema_name,
                table=row.table_name,
                columns=tuple(row.columns),
                splits=(tuple(store.vault.open(row.sealed)),),
                source=ValueSource.LOOK_UP,
            )
            failure = Failure(
                f"{row.id:0>32}",
                row.environment,
                row.opened_at,
                key=key,
                organization_id=row.organization_id,
            )
            blocker = row_ref(row.blocker)
            yield Pending(
                LOOKED_UP,
                failure,
                row.id,
                Verdict(row.verdict),
                blocker,
                row.target,
                (row.schema_name, row.table_name),
                key.columns,
                key_name=key.constraint,
            )
