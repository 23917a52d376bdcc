"""What depends on the Tombstones that block somebody, and what had been paid through them?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.reads.rows import row_ref
from collectors.evidence.reads.surveys import label_of
from collectors.model import Dependents, Payment, Topic, Verdict


@dataclass(frozen=True, slots=True)
class RowImpact:
    """One Tombstone: who refers to it, and the payments of the `days` before its deletion.

    `paid` is None where payments could not be counted: not known, which is not nothing.
    """

    target: str
    table: str
    row_id: str
    counted_at: datetime
    dependents: tuple[Dependents, ...]
    paid: tuple[Payment, ...] | None


def blocking_rows(store: Store, target: str) -> dict[str, dict[str, datetime | None]]:
    """The rows that block or blocked somebody in a Target, by their table's label.

    Each with its deletion, the last that we saw it blocking by; None: not known.
    """
    table = schema.conflicts
    once = [verdict for verdict in Verdict if verdict.is_blocked] + [Verdict.UNBLOCKED]
    query = select(table.c.blocker).where(table.c.target == target, table.c.verdict.in_(once))
    found: defaultdict[str, dict[str, datetime | None]] = defaultdict(dict)
    with store.read() as connection:
        for blocker in filter(None, map(row_ref, connection.scalars(query))):
            known = found[blocker.table].get(blocker.id), blocker.deleted_at
            found[blocker.table][blocker.id] = max(filter(None, known), default=None)
    return {label: dict(sorted(rows.items())) for label, rows in found.items()}


def row_impacts(
    store: Store, targets: tuple[str, ...] | None = None
) -> dict[tuple[str, str, str], RowImpact]:
    """By (target, table's label, row id); a row that is not there was never counted."""
    with store.read() as connection:
        counted = _counted(connection)
        paid = _paid(connection)
        rows = connection.execute(select(schema.dependents)).all()
    found: dict[tuple[str, str, str], RowImpact] = {}
    for row in rows:
        if targets is not None and row.target not in targets:
            continue
        place = (row.target, row.table_name, row.row_id)
        others = found[place].dependents if place in found else ()
        mine = Dependents(row.row_id, row.child_table, row.rows, row.live)
        money = tuple(paid.get(place, ())) if place[:2] in counted else None
        found[place] = RowImpact(*place, row.counted_at, (*others, mine), money)
    return found


def _counted(connection: Connection) -> set[tuple[str, str]]:
    """The tables whose payments were counted, by Target and label."""
    surveys = schema.surveys
    query = select(surveys).where(surveys.c.topic == Topic.PAYMENTS)
    return {(row.target, label_of(row)) for row in connection.execute(query)}


def _paid(connection: Connection) -> dict[tuple[str, str, str], list[Payment]]:
    found: defaultdict[tuple[str, str, str], list[Payment]] = defaultdict(list)
    for row in connection.execute(select(schema.payments)):
        payment = Payment(row.row_id, row.currency, row.amount)
        found[row.target, row.table_name, row.row_id].append(payment)
    return found
