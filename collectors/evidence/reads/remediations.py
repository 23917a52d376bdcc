"""What was done to rows: remediations, the journal's lines, and the values a plan is about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select

from collectors.evidence.chunks import chunks
from collectors.evidence.database import Store
from collectors.evidence.schema import audit_entries, before_images, conflicts
from collectors.evidence.schema import remediations as table
from collectors.model import KeyValues

WITHOUT_UNDO = frozenset({"purge-row"})
"""The remedies that cannot be taken back."""


@dataclass(frozen=True, slots=True)
class RemediationRow:
    """A remediation as stored.

    state       running, applied, refused, failed, undone or looked-at
    actor       with "(not verified)" where nobody vouches for the name
    undoes      the remediation that this one takes back
    bulk_id     the bulk it was part of
    undo_until  when its BeforeImage expires; None where there is none (any more). A purge has one,
                as evidence, and no undo
    code, said  the Refusal, or what must be looked at
    """

    id: str
    conflict_id: str
    target: str
    remedy: str
    row_id: str
    undoes: str | None
    undone_by: str | None
    state: str
    actor: str
    role: str
    reason: str
    ticket: str | None
    owner: str
    started_at: datetime
    finished_at: datetime | None
    xid: str | None
    slot: str
    code: str | None
    said: str | None
    undo_until: datetime | None
    bulk_id: str | None

    @property
    def can_be_undone(self) -> bool:
        """It is applied, is no undo itself, has one, and its BeforeImage is still there."""
        has_undo = self.undoes is None and self.remedy not in WITHOUT_UNDO
        return self.state == "applied" and has_undo and self.undo_until is not None


@dataclass(frozen=True, slots=True)
class AuditEntryRow:
    """One line of the journal; `body` holds masked values only."""

    seq: int
    kind: str
    conflict_id: str | None
    actor: str
    role: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RemediationFilter:
    """Empty means "any"."""

    conflict_id: str | None = None
    state: str | None = None
    slot: str | None = None
    bulk_id: str | None = None


def list_remediations(
    store: Store,
    wanted: RemediationFilter | None = None,
    *,
    limit: int | None = None,
) -> list[RemediationRow]:
    """Newest first."""
    query = _select()
    for name in ("conflict_id", "state", "slot", "bulk_id"):
        if (value := getattr(wanted, name, None)) is not None:
            query = query.where(table.c[name] == value)
    query = query.order_by(table.c.started_at.desc(), table.c.id.desc()).limit(limit)
    with store.read() as connection:
        return [_remediation(row) for row in connection.execute(query)]


def find_remediation(store: Store, remediation_id: str) -> RemediationRow | None:
    """One remediation by its id."""
    with store.read() as connection:
        row = connection.execute(_select().where(table.c.id == remediation_id)).one_or_none()
    return None if row is None else _remediation(row)


def list_entries(
    store: Store,
    *,
    conflict_id: str | None = None,
    remediation_id: str | None = None,
) -> list[AuditEntryRow]:
    """The journal, newest line first."""
    entry = audit_entries.c
    query = select(audit_entries).order_by(entry.seq.desc())
    if conflict_id is not None:
        query = query.where(entry.conflict_id == conflict_id)
    if remediation_id is not None:
        query = query.where(entry.remediation_id == remediation_id)
    with store.read() as connection:
        return [_entry(row) for row in connection.execute(query)]


def key_values(store: Store, conflict_id: str) -> KeyValues | None:
    """A Conflict's KeyValues in clear, for a plan; None once they were erased."""
    query = select(conflicts.c.sealed).where(conflicts.c.id == conflict_id)
    with store.read() as connection:
        sealed = connection.scalar(query)
    return None if sealed is None else tuple(store.vault.open(sealed))


def key_values_of(store: Store, conflict_ids: Sequence[str]) -> dict[str, KeyValues]:
    """The same of many; a Conflict whose values were erased is left out."""
    found: dict[str, KeyValues] = {}
    with store.read() as connection:
        for some in chunks(conflict_ids):
            query = select(conflicts.c.id, conflicts.c.sealed).where(
                conflicts.c.id.in_(some), conflicts.c.sealed.is_not(None)
            )
            found |= {one: tuple(store.vault.open(kept)) for one, kept in connection.execute(query)}
    return found


def _select() -> Select[Any]:
    image = before_images.c
    until = image.expires_at.label("undo_until")
    kept = (image.remediation_id == table.c.id) & image.sealed.is_not(None)
    return select(table, until).outerjoin(before_images, kept)


def _remediation(row: Row[Any]) -> RemediationRow:
    return RemediationRow(
        id=row.id,
        conflict_id=row.conflict_id,
        target=row.target,
        remedy=row.remedy,
        row_id=row.row_id,
        undoes=row.undoes,
        undone_by=row.undone_by,
        state=row.state,
        actor=row.actor,
        role=row.role,
        reason=row.reason,
        ticket=row.ticket,
        owner=row.owner,
        started_at=row.started_at,
        finished_at=row.finished_at,
        xid=row.xid,
        slot=row.slot,
        code=row.code,
        said=row.said,
        undo_until=row.undo_until,
        bulk_id=row.bulk_id,
    )


def _entry(row: Row[Any]) -> AuditEntryRow:
    return AuditEntryRow(
        seq=row.seq,
        kind=row.kind,
        conflict_id=row.conflict_id,
        actor=row.actor,
        role=row.role,
        body=json.loads(row.body),
    )
