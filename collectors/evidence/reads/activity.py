"""What people did, an act a line: every remedy and undo, reveal, refusal, bulk and erasure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ColumnElement, Row, Select, and_, or_, select, type_coerce

from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import ConflictFilter, conditions_of
from collectors.evidence.schema import audit_entries, bulk_rows, conflicts, remediations

_ENTRY = audit_entries.c
_DONE = remediations.c


class Act(StrEnum):
    """A kind of act."""

    REMEDY = "remedy"
    UNDO = "undo"
    REVEAL = "reveal"
    LOOK_UP = "look-up"
    REFUSED = "refused"
    BULK = "bulk"
    LOOKED = "looked"
    FORGET = "forget"


_BEGUN = and_(_ENTRY.kind == "intent", _ENTRY.remediation_id.is_not(None))
_WHICH: Mapping[Act, ColumnElement[bool]] = {
    Act.REMEDY: and_(_BEGUN, _DONE.undoes.is_(None)),
    Act.UNDO: and_(_BEGUN, _DONE.undoes.is_not(None)),
    Act.REVEAL: _ENTRY.kind == "reveal",
    Act.LOOK_UP: _ENTRY.kind == "look-up",
    Act.REFUSED: and_(_ENTRY.kind == "refused", _ENTRY.remediation_id.is_(None)),
    Act.BULK: _ENTRY.kind == "bulk",
    Act.LOOKED: _ENTRY.kind == "looked",
    Act.FORGET: _ENTRY.kind == "forget",
}
"""The line of the journal that an act begins with; those that follow it are left out."""


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act. `body` is its line of the journal, values masked.

    state, said  how a remedy or undo ended, and why, where it did not end as planned
    """

    seq: int
    at: datetime
    act: Act
    actor: str
    role: str
    conflict_id: str | None
    remediation_id: str | None
    environment: str | None
    remedy: str | None
    state: str | None
    said: str | None
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ActFilter:
    """Empty means "any". `conflicts` leaves out what was done about others alone, or about none."""

    acts: tuple[Act, ...] = ()
    actor: str | None = None
    since: datetime | None = None
    conflicts: ConflictFilter | None = None


def list_acts(
    store: Store, wanted: ActFilter, *, before: int | None = None, limit: int = 200
) -> list[ActRow]:
    """Newest first; `before` continues behind a line's `seq`."""
    query = _matching(wanted).order_by(_ENTRY.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(_ENTRY.seq < before)
    with store.read() as connection:
        return [_act(row) for row in connection.execute(query)]


def known_actors(store: Store) -> list[str]:
    """Everybody who ever did anything, in alphabetical order."""
    with store.read() as connection:
        return sorted(connection.scalars(select(_ENTRY.actor).distinct()))


def _matching(wanted: ActFilter) -> Select[Any]:
    conditions = [or_(*(_WHICH[act] for act in wanted.acts or Act))]
    if wanted.actor is not None:
        conditions.append(_ENTRY.actor == wanted.actor)
    if wanted.since is not None:
        conditions.append(_ENTRY.at >= wanted.since)
    if wanted.conflicts is not None:
        about = select(conflicts.c.id).where(*conditions_of(wanted.conflicts))
        conditions.append(or_(_ENTRY.conflict_id.in_(about), _is_bulk_with(about)))
    done = _DONE.environment, _DONE.remedy, _DONE.undoes, _DONE.state, _DONE.said
    query = select(audit_entries, *done)
    return query.outerjoin(remediations, _DONE.id == _ENTRY.remediation_id).where(*conditions)


def _is_bulk_with(about: Select[Any]) -> ColumnElement[bool]:
    """One of these Conflicts was among those that the bulk was of."""
    named = type_coerce(_ENTRY.body, JSON)["bulk"].as_string()
    with_any = select(bulk_rows.c.bulk_id).where(bulk_rows.c.conflict_id.in_(about))
    return and_(_ENTRY.kind == "bulk", named.in_(with_any))


def _act(row: Row[Any]) -> ActRow:
    begun = row.kind == "intent"
    undo = Act.UNDO if row.undoes else Act.REMEDY
    return ActRow(
        seq=row.seq,
        at=row.at,
        act=undo if begun else Act(row.kind),
        actor=row.actor,
        role=row.role,
        conflict_id=row.conflict_id,
        remediation_id=row.remediation_id,
        environment=row.environment,
        remedy=row.remedy,
        state=row.state if begun else None,
        said=row.said if begun else None,
        body=json.loads(row.body),
    )
