"""Ending a login, and asking whether one was ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from collectors.evidence.database import Store
from collectors.evidence.schema import ended_logins as table

KEPT = timedelta(days=31)
"""Longer than any login may last, so that one that was ended stays ended."""


def end_login(store: Store, login_id: str, at: datetime) -> None:
    """From now on every session of this login is over. Ending it twice changes nothing."""
    line = insert(table).values(login_id=login_id, ended_at=at).on_conflict_do_nothing()
    with store.write() as connection:
        connection.execute(line)
        connection.execute(delete(table).where(table.c.ended_at < at - KEPT))


def was_ended(store: Store, login_id: str) -> bool:
    """Whether somebody has ended it."""
    query = select(table.c.login_id).where(table.c.login_id == login_id)
    with store.read() as connection:
        return connection.scalar(query) is not None
