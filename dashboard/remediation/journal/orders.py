"""An approved plan, and what is written down of it: nothing here decides what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.remediation.facts import Place, Row
from dashboard.remediation.journal.chain import Kind, Line, Recording
from dashboard.remediation.journal.images import keep_image, row_print
from dashboard.remediation.journal.owner import this_process
from dashboard.remediation.plan import RemediationPlan
from dashboard.remediation.showing import shown_changes
from dashboard.remediation.undo import BeforeImage


@dataclass(frozen=True, slots=True)
class Order:
    """An approved plan, and what is kept of its approval.

    known  what had been done to the row when it was last seen as the plan expects it
    where  the database that the plan was made of, and when its server started; None: known to be
           the writer's
    """

    plan: RemediationPlan
    actor: str
    role: str
    reason: str
    ticket: str | None
    known: frozenset[str]
    approved_at: datetime
    undo_until: datetime
    where: tuple[str, str] | None = None


def slot_of(place: Place) -> str:
    """The row's name among all Targets."""
    return slot_at(place, place.row_id)


def slot_at(place: Place, row_id: str) -> str:
    """The name of another row of the same table."""
    return f"{place.target}/{place.table.schema}.{place.table.name}/{row_id}"


def line_of_ledger(order: Order, remediation_id: str, now: datetime) -> dict[str, Any]:
    """The remediation's line in the ledger, with its row claimed."""
    plan = order.plan
    return {
        "id": remediation_id,
        "conflict_id": plan.place.conflict_id,
        "environment": plan.place.environment,
        "target": plan.place.target,
        "remedy": plan.remedy,
        "digest": plan.digest,
        "table_name": plan.table.label,
        "row_id": plan.place.row_id,
        "undoes": plan.undoes,
        "state": "running",
        "actor": order.actor,
        "role": order.role,
        "reason": order.reason,
        "ticket": order.ticket,
        "owner": this_process(),
        "started_at": now,
        "slot": slot_of(plan.place),
        "open_slot": slot_of(plan.place),
    }


def intent(recording: Recording, order: Order, remediation_id: str) -> dict[str, Any]:
    """What the journal says of it before anything is done; the image is sealed on the way."""
    plan = order.plan
    body: dict[str, Any] = {
        "remedy": plan.remedy,
        "undoes": plan.undoes,
        "digest": plan.digest,
        "target": plan.place.target,
        "table": plan.table.label,
        "row": plan.place.row_id,
        "statements": [statement.shown for statement in plan.every_statement],
        "changes": [[one.column, one.before, one.after] for one in shown_changes(plan)],
        "reason": order.reason,
        "ticket": order.ticket,
        "approved_at": order.approved_at.isoformat(),
        "before_print": row_print(recording.vault, plan.before),
    }
    if plan.children:
        body["along"] = [[one.table.label, one.place.row_id] for one in plan.children]
    if plan.keeps_image:
        body["image"] = keep_image(recording, remediation_id, image_of(plan), order.undo_until)
    return body


def line_of(
    kind: Kind, order: Order, remediation_id: str, now: datetime, body: Mapping[str, Any]
) -> Line:
    """An AuditEntry about it."""
    conflict_id = order.plan.place.conflict_id
    return Line(kind, now, order.actor, order.role, body, conflict_id, remediation_id)


def image_of(
    plan: RemediationPlan,
    after: Row | None = None,
    horizon: str | None = None,
    xid: str | None = None,
    children: Sequence[Row | None] = (),
) -> BeforeImage:
    """The row before and after, and each that was written along."""
    written = tuple(change.column for change in plan.changes)
    left = children or [None] * len(plan.children)
    along = tuple(
        (_named(child.place), image_of(child, its, horizon, xid))
        for child, its in zip(plan.children, left, strict=True)
    )
    return BeforeImage(plan.before, written, plan.place.values, after, horizon, xid, along)


def _named(place: Place) -> tuple[str, str, str]:
    return place.table.schema, place.table.name, place.row_id
