"""Bulks as stored: where each stands, what came of its rows, and why some were refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, select

from collectors.evidence.database import Store
from collectors.evidence.schema import audit_entries, bulk_batches, bulk_rows, bulks


@dataclass(frozen=True, slots=True)
class BulkStanding:
    """A bulk.

    state   previewed, running, stopped (it can go on) or done
    rows    how many Conflicts were chosen
    counts  how many of its rows are planned, applied, refused or failed
    said    why it stopped
    """

    id: str
    digest: str
    remedy: str
    target: str
    undoes: str | None
    state: str
    rows: int
    made_at: datetime
    actor: str | None
    role: str | None
    reason: str | None
    ticket: str | None
    owner: str | None
    approved_at: datetime | None
    finished_at: datetime | None
    said: str | None
    counts: Mapping[str, int]

    @property
    def applied(self) -> int:
        """Rows that were written and verified."""
        return self.counts.get("applied", 0)

    @property
    def refused(self) -> int:
        """Rows that were left as they are."""
        return self.counts.get("refused", 0)


@dataclass(frozen=True, slots=True)
class BulkException:
    """A row of a bulk that was not written, and the Refusal's code and sentence."""

    conflict_id: str
    code: str
    said: str


def find_bulk(store: Store, bulk_id: str) -> BulkStanding | None:
    """One bulk by its id."""
    return _one(store, bulks.c.id == bulk_id)


def bulk_of_digest(store: Store, digest: str) -> BulkStanding | None:
    """The bulk whose Preview had this digest."""
    return _one(store, bulks.c.digest == digest)


def last_heard_of(store: Store, bulk_id: str) -> datetime | None:
    """When the journal was last told anything about a bulk."""
    line = audit_entries.c
    query = select(line.at).where(line.body.contains(f'"{bulk_id}"'))
    with store.read() as connection:
        return connection.scalar(query.order_by(line.seq.desc()).limit(1))


def list_bulks(store: Store, *, state: str) -> list[BulkStanding]:
    """Newest first."""
    query = select(bulks).where(bulks.c.state == state).order_by(bulks.c.made_at.desc())
    with store.read() as connection:
        return [_standing(connection, row) for row in connection.execute(query).all()]


def bulk_exceptions(store: Store, bulk_id: str) -> list[BulkException]:
    """The rows that were refused or failed, in the order of the bulk."""
    row = bulk_rows.c
    query = (
        select(row.conflict_id, row.code, row.said)
        .where(row.bulk_id == bulk_id, row.state.in_(("refused", "failed")))
        .order_by(row.number)
    )
    with store.read() as connection:
        return [BulkException(*line) for line in connection.execute(query)]


def count_rows(bulk_id: str) -> Select[Any]:
    """How many rows of a bulk are planned, applied, refused or failed."""
    batch = bulk_batches.c
    its = (batch.bulk_id == bulk_rows.c.bulk_id) & (batch.number == bulk_rows.c.batch)
    written = (bulk_rows.c.state == "planned") & (batch.state == "applied")
    state = case((written, "applied"), else_=bulk_rows.c.state)
    joined = select(state, func.count()).select_from(bulk_rows).outerjoin(bulk_batches, its)
    return joined.where(bulk_rows.c.bulk_id == bulk_id).group_by(state)


def _one(store: Store, condition: ColumnElement[bool]) -> BulkStanding | None:
    with store.read() as connection:
        row = connection.execute(select(bulks).where(condition)).one_or_none()
        return None if row is None else _standing(connection, row)


def _standing(connection: Connection, row: Row[Any]) -> BulkStanding:
    query = count_rows(row.id)
    counts = {line[0]: line[1] for line in connection.execute(query)}
    return BulkStanding(**row._asdict(), counts=counts)
