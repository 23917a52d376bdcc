"""Which tickets a Conflict was met in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from collectors.evidence.database import Store
from collectors.evidence.schema import conflict_tickets as table
from collectors.evidence.writing import next_generation


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket's reference, and who named it when."""

    ticket: str
    actor: str
    at: datetime


def keep_ticket(store: Store, conflict_id: str, kept: TicketRow) -> None:
    """Remember that the Conflict was met in this ticket; the first to say so is kept."""
    line = insert(table).values(
        conflict_id=conflict_id, ticket=kept.ticket, actor=kept.actor, at=kept.at
    )
    with store.write() as connection:
        if connection.execute(line.on_conflict_do_nothing()).rowcount:
            next_generation(connection)


def tickets_of(store: Store, conflict_id: str) -> list[TicketRow]:
    """Every ticket of a Conflict, the newest first."""
    query = select(table).where(table.c.conflict_id == conflict_id).order_by(table.c.at.desc())
    with store.read() as connection:
        return [TicketRow(row.ticket, row.actor, row.at) for row in connection.execute(query)]
