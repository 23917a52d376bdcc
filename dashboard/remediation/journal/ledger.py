"""Where each remediation stands, and who has which row in hand.

A row is claimed by the unique `open_slot` while a plan for it is running. Every step is written
together with its line in the journal. What a running remediation goes on to do hangs on its line
here still being `running`: a settlement that closes it keeps a process that was thought dead from
committing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update
from sqlalchemy import Row as Record

from collectors.evidence.database import Store
from collectors.evidence.schema import remediations as table
from dashboard.remediation.facts import Place, Row
from dashboard.remediation.journal.chain import Kind, Line, Recording
from dashboard.remediation.journal.images import (
    forget_image,
    forget_previews,
    is_forgotten,
    is_previewed,
    keep_image,
    row_print,
)
from dashboard.remediation.journal.orders import (
    Order,
    image_of,
    intent,
    line_of,
    line_of_ledger,
    slot_of,
)
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.plan import RemediationPlan


class Busy(Exception):
    """Another plan for the row is running: `remediation_id`."""

    def __init__(self, remediation_id: str) -> None:
        super().__init__(remediation_id)
        self.remediation_id = remediation_id


class Superseded(Exception):
    """The remediation was closed by a settlement while it was still at work."""


def claim(recording: Recording, order: Order, now: datetime) -> str | Refusal:
    """Take the row and journal the intent: the remediation's id, or why it may not begin.

    Raises Busy while another plan for the row is running.
    """
    connection, plan = recording.connection, order.plan
    forget_previews(connection, now)
    running = _one(connection, table.c.open_slot == slot_of(plan.place))
    refusal = _done_already(connection, order)
    if refusal is None and running is not None:
        raise Busy(running.id)
    refusal = refusal or _closed(connection, slot_of(plan.place)) or _forgotten(connection, plan)
    if refusal is not None:
        return refusal
    remediation_id = uuid.uuid4().hex
    connection.execute(table.insert(), line_of_ledger(order, remediation_id, now))
    body = intent(recording, order, remediation_id)
    recording.append(line_of(Kind.INTENT, order, remediation_id, now, body))
    return remediation_id


def note_committing(
    recording: Recording,
    order: Order,
    remediation_id: str,
    *,
    xid: str,
    after: Row | None,
    horizon: str,
    now: datetime,
    children: Sequence[Row | None] = (),
) -> None:
    """Journal the Target's transaction id before its COMMIT. Raises Superseded.

    A purge leaves no row behind, and so no print of one.
    """
    changed = recording.connection.execute(
        update(table)
        .where(table.c.id == remediation_id, table.c.state == "running")
        .values(xid=xid)
    )
    if not changed.rowcount:
        raise Superseded(remediation_id)
    printed = None if after is None else row_print(recording.vault, after)
    body: dict[str, Any] = {"xid": xid, "after_print": printed}
    if order.plan.keeps_image:
        image = image_of(order.plan, after, horizon, xid, children)
        body["image"] = keep_image(recording, remediation_id, image, order.undo_until)
    recording.append(line_of(Kind.COMMITTING, order, remediation_id, now, body))


def close(
    recording: Recording,
    remediation_id: str,
    state: str,
    now: datetime,
    *,
    code: str | None = None,
    said: str | None = None,
    body: Mapping[str, Any] | None = None,
    uncommitted: bool = False,
) -> bool:
    """Journal the Outcome and let go of the row; False if it was closed already.

    `uncommitted` closes only what has not yet announced its COMMIT.
    """
    running = [table.c.id == remediation_id, table.c.state == "running"]
    if uncommitted:
        running.append(table.c.xid.is_(None))
    changed = recording.connection.execute(
        update(table)
        .where(*running)
        .values(state=state, finished_at=now, open_slot=None, code=code, said=said)
    )
    if not changed.rowcount:
        return False
    row = _one(recording.connection, table.c.id == remediation_id)
    assert row is not None
    if state == "applied" and row.undoes is not None:
        recording.connection.execute(
            update(table)
            .where(table.c.id == row.undoes)
            .values(state="undone", undone_by=remediation_id)
        )
        forget_image(recording.connection, row.undoes)
    kind = Kind.REFUSED if state == "refused" else Kind.OUTCOME
    said_of_it = {"state": state, "code": code, "said": said, **(body or {})}
    recording.append(
        Line(kind, now, row.actor, row.role, said_of_it, row.conflict_id, remediation_id)
    )
    return True


def reopen(
    recording: Recording, remediation_id: str, actor: str, role: str, reason: str, now: datetime
) -> bool:
    """Somebody has looked at a failed remediation: its row is open to plans again."""
    failed = table.c.id == remediation_id, table.c.state == "failed"
    row = _one(recording.connection, *failed)
    if row is None:
        return False
    recording.connection.execute(update(table).where(*failed).values(state="looked-at"))
    body = {"reason": reason}
    recording.append(Line(Kind.LOOKED, now, actor, role, body, row.conflict_id, remediation_id))
    return True


def done_to(store: Store, place: Place) -> frozenset[str]:
    """Every remediation that has changed this row, also those that were taken back."""
    changed = table.c.slot == slot_of(place), table.c.state.in_(("applied", "undone"))
    with store.read() as connection:
        return frozenset(connection.scalars(select(table.c.id).where(*changed)))


def done_by(record: Any) -> str:
    """Who did it, and when."""
    at = record.finished_at or record.started_at
    return f"by {record.actor} at {at:%Y-%m-%d %H:%M:%S} UTC"


def needs_a_look(remediation_id: str) -> Refusal:
    """A row whose last remediation ended unclear waits for a person."""
    return Refusal(
        RefusalCode.NEEDS_A_LOOK,
        f"Remediation {remediation_id} of this row ended unclear: somebody must look at it first.",
    )


def _done_already(connection: Connection, order: Order) -> Refusal | None:
    plan = order.plan
    if plan.undoes is not None:
        undone = _one(connection, table.c.id == plan.undoes, table.c.state == "undone")
        if undone is not None:
            by = _one(connection, table.c.id == undone.undone_by)
            return _already("undone", by or undone)
        return None
    since = table.c.slot == slot_of(plan.place), table.c.id.not_in(order.known)
    applied = *since, table.c.state == "applied"
    same = _one(connection, *applied, table.c.digest == plan.digest)
    if same is not None:
        return _already("done", same)
    undone = _one(connection, *applied, table.c.undoes.is_not(None))
    if undone is None:
        return None
    return Refusal(
        RefusalCode.CHANGED_SINCE_PREVIEW,
        f"It was done and undone {done_by(undone)}, after this Preview: preview it again.",
    )


def _already(what: str, record: Record[Any]) -> Refusal:
    return Refusal(RefusalCode.ALREADY_DONE, f"This was already {what} {done_by(record)}.")


def _closed(connection: Connection, slot: str) -> Refusal | None:
    failed = _one(connection, table.c.slot == slot, table.c.state == "failed")
    return None if failed is None else needs_a_look(failed.id)


def _forgotten(connection: Connection, plan: RemediationPlan) -> Refusal | None:
    """Somebody was forgotten after the plan was made, which still holds what is theirs."""
    if plan.undoes is None and is_previewed(connection, plan.digest):
        return None
    if plan.undoes is not None and not is_forgotten(connection, plan.undoes):
        return None
    return Refusal(
        RefusalCode.NOT_PREVIEWED,
        "What was kept of the row for this has been erased or has expired in the meantime.",
    )


def _one(connection: Connection, *conditions: ColumnElement[bool]) -> Record[Any] | None:
    """The newest remediation that meets all of these."""
    query = select(table).where(*conditions).order_by(table.c.started_at.desc()).limit(1)
    return connection.execute(query).one_or_none()
