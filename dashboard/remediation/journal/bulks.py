"""Where each bulk, its batches and its rows stand; every step is written with its line.

A batch is what `ledger` is to a single remediation: its intent is journalled before anything is
written, the Target's transaction id before COMMIT, the outcome after. Rows move by statements over
the whole batch. A remediation of its own each row becomes once it was written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, select, update

from collectors.evidence.database import Store
from collectors.evidence.reads.bulks import BulkStanding, count_rows
from collectors.evidence.schema import (
    before_images,
    bulk_batches,
    bulk_rows,
    bulks,
)
from dashboard.remediation.journal.chain import Kind, Line, Recording
from dashboard.remediation.journal.images import PREVIEW_LASTS
from dashboard.remediation.journal.ledger import Superseded
from dashboard.remediation.journal.owner import this_process
from dashboard.remediation.journal.written import become_remediations, printed
from dashboard.remediation.outcomes import Refusal

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WaitingBatch:
    """A batch as stored: which, its digest, and the rows that it will write, opened."""

    number: int
    state: str
    digest: str
    content: Mapping[str, Any]
    xid: str | None


class CalledOff(Superseded):
    """Somebody of the batch was forgotten while it waited."""


def keep_bulk(
    store: Store,
    bulk: Values,
    batches: Sequence[Values],
    rows: Sequence[Values],
    images: Sequence[Values],
) -> None:
    """Keep a previewed bulk."""
    with store.write() as connection:
        forget_previewed(connection, bulk["made_at"])
        connection.execute(bulks.insert(), bulk)
        for table, lines in (
            (bulk_batches, batches),
            (bulk_rows, rows),
            (before_images, images),
        ):
            if lines:
                connection.execute(table.insert(), list(lines))


def forget_previewed(connection: Connection, now: datetime) -> None:
    """Drop the old bulks that were only previewed, and what the others were to write."""
    old = select(bulks.c.id).where(bulks.c.made_at <= now - PREVIEW_LASTS)
    drop_bulks(connection, list(connection.scalars(old.where(bulks.c.state == "previewed"))))
    table = bulk_batches.c
    connection.execute(
        update(bulk_batches)
        .where(table.bulk_id.in_(old), table.state != "running", table.sealed.is_not(None))
        .values(sealed=None)
    )


def batches_of(store: Store, bulk_id: str, *states: str) -> list[WaitingBatch]:
    """Its batches in these states, opened."""
    table = bulk_batches.c
    query = (
        select(table.number, table.state, table.digest, table.sealed, table.xid)
        .where(table.bulk_id == bulk_id, table.state.in_(states), table.sealed.is_not(None))
        .order_by(table.number)
    )
    with store.read() as connection:
        found = connection.execute(query).all()
    return [
        WaitingBatch(number, state, digest, store.vault.open(sealed), xid)
        for number, state, digest, sealed, xid in found
    ]


def batch_digests(store: Store, bulk_id: str) -> list[str]:
    """Every batch's, in their order: what the bulk's own digest is made of."""
    table = bulk_batches.c
    query = select(table.digest).where(table.bulk_id == bulk_id).order_by(table.number)
    with store.read() as connection:
        return list(connection.scalars(query))


def refused_in(store: Store, bulk_id: str, batch: int) -> set[str]:
    """The remediations of a batch that were refused before its COMMIT."""
    row = bulk_rows.c
    query = select(row.remediation_id).where(
        row.bulk_id == bulk_id, row.batch == batch, row.state == "refused"
    )
    with store.read() as connection:
        return set(connection.scalars(query))


def start(
    recording: Recording,
    bulk: BulkStanding,
    approval: Values,
    intents: Sequence[Values],
    now: datetime,
) -> bool:
    """Take the bulk in hand and journal what each batch is to do; False if somebody was quicker."""
    values = {"state": "running", "owner": this_process(), "said": None, **approval}
    free = bulks.c.id == bulk.id, bulks.c.state == bulk.state, bulks.c.owner.is_(bulk.owner)
    if not recording.connection.execute(update(bulks).where(*free).values(values)).rowcount:
        return False
    body = {
        "bulk": bulk.id,
        "state": "begins" if bulk.state == "previewed" else "goes on",
        "remedy": bulk.remedy,
        "undoes": bulk.undoes,
        "target": bulk.target,
        "digest": bulk.digest,
        "rows": bulk.rows,
        "planned": bulk.counts.get("planned", 0),
        "reason": approval["reason"],
        "ticket": approval["ticket"],
    }
    who = approval["actor"], approval["role"]
    recording.append(Line(Kind.BULK, now, *who, body))
    for intent in intents:
        recording.append(Line(Kind.INTENT, now, *who, {"bulk": bulk.id, **intent}))
    return True


def finish(
    recording: Recording, bulk: BulkStanding, state: str, said: str | None, now: datetime
) -> None:
    """Let go of the bulk: `done`, or `stopped` and why; not where others have gone on with it."""
    in_hand = bulks.c.state.in_(("running", "stopped")), bulks.c.owner.is_(bulk.owner)
    ours = bulks.c.id == bulk.id, *in_hand
    values = {"state": state, "said": said, "finished_at": now, "owner": None}
    connection = recording.connection
    if not connection.execute(update(bulks).where(*ours).values(values)).rowcount:
        return
    refused = select(bulk_rows.c.remediation_id).where(
        bulk_rows.c.bulk_id == bulk.id, bulk_rows.c.state == "refused"
    )
    connection.execute(delete(before_images).where(before_images.c.remediation_id.in_(refused)))
    counts = {line[0]: line[1] for line in connection.execute(count_rows(bulk.id))}
    body = {"bulk": bulk.id, "state": state, "said": said, **counts}
    line = Line(Kind.BULK, now, str(bulk.actor), str(bulk.role), body)
    recording.append(line)


def note_batch_committing(
    recording: Recording,
    bulk: BulkStanding,
    batch: int,
    *,
    xid: str,
    refused: Mapping[str, Refusal],
    now: datetime,
) -> None:
    """Journal the transaction's id before its COMMIT, and who is not in it.

    Raises CalledOff, Superseded.
    """
    ours = exists().where(
        bulks.c.id == bulk.id, bulks.c.state == "running", bulks.c.owner == this_process()
    )
    if not _move(recording, bulk.id, batch, "waiting", "running", ours, xid=xid):
        raise CalledOff(bulk.id) if _is_refused(recording, bulk.id, batch) else Superseded(bulk.id)
    _refuse(recording.connection, refused)
    body = {"bulk": bulk.id, "batch": batch, "xid": xid, "refused": _codes(refused)}
    recording.append(Line(Kind.COMMITTING, now, str(bulk.actor), str(bulk.role), body))


def release_batch(recording: Recording, bulk_id: str, batch: int) -> bool:
    """Back to waiting: nothing of it was committed."""
    if not _move(recording, bulk_id, batch, "running", "waiting", xid=None):
        return False
    its = bulk_rows.c.bulk_id == bulk_id, bulk_rows.c.batch == batch
    values = {"state": "planned", "code": None, "said": None}
    recording.connection.execute(update(bulk_rows).where(*its).values(values))
    return True


def close_batch_refused(
    recording: Recording,
    bulk: BulkStanding,
    batch: int,
    refused: Mapping[str, Refusal],
    now: datetime,
) -> None:
    """Nothing of it was written, and why, a row at a time."""
    if not _move(recording, bulk.id, batch, "waiting", "refused"):
        _move(recording, bulk.id, batch, "running", "refused")
    _refuse(recording.connection, refused)
    body = {"bulk": bulk.id, "batch": batch, "state": "refused", "refused": _codes(refused)}
    recording.append(Line(Kind.REFUSED, now, str(bulk.actor), str(bulk.role), body))


def close_batch_applied(
    recording: Recording,
    bulk: BulkStanding,
    batch: int,
    *,
    missing: Mapping[str, str],
    now: datetime,
) -> bool:
    """Each written row becomes a remediation; `missing` are those that nobody found as left."""
    if not _move(recording, bulk.id, batch, "running", "applied"):
        return False
    connection = recording.connection
    for remediation_id, said in missing.items():
        one = bulk_rows.c.remediation_id == remediation_id
        connection.execute(
            update(bulk_rows).where(one).values(state="failed", code="needs-a-look", said=said)
        )
    images = printed(connection, bulk.id, batch)
    become_remediations(connection, bulk, batch, now)
    body = {
        "bulk": bulk.id,
        "batch": batch,
        "state": "applied",
        "images": images,
        "failed": sorted(missing),
    }
    recording.append(Line(Kind.OUTCOME, now, str(bulk.actor), str(bulk.role), body))
    return True


def _move(
    recording: Recording,
    bulk_id: str,
    batch: int,
    was: str,
    now: str,
    *conditions: ColumnElement[bool],
    **values: Any,
) -> bool:
    """A batch from one state to the next; False where it was not in the first."""
    table = bulk_batches.c
    its = table.bulk_id == bulk_id, table.number == batch, table.state == was, *conditions
    changed = recording.connection.execute(
        update(bulk_batches).where(*its).values(state=now, **values)
    )
    return bool(changed.rowcount)


def _refuse(connection: Connection, refused: Mapping[str, Refusal]) -> None:
    for remediation_id, refusal in refused.items():
        connection.execute(
            update(bulk_rows)
            .where(bulk_rows.c.remediation_id == remediation_id)
            .values(state="refused", code=refusal.code, said=refusal.text)
        )


def _codes(refused: Mapping[str, Refusal]) -> dict[str, str]:
    return {remediation_id: refusal.code for remediation_id, refusal in refused.items()}


def _is_refused(recording: Recording, bulk_id: str, batch: int) -> bool:
    table = bulk_batches.c
    query = select(table.state).where(table.bulk_id == bulk_id, table.number == batch)
    return recording.connection.scalar(query) == "refused"


def drop_bulks(connection: Connection, ids: Sequence[str]) -> None:
    """Forget these bulks, which have written nothing."""
    for one in ids:
        its = select(bulk_rows.c.remediation_id).where(bulk_rows.c.bulk_id == one)
        connection.execute(delete(before_images).where(before_images.c.remediation_id.in_(its)))
        for table in (bulk_rows, bulk_batches):
            connection.execute(delete(table).where(table.c.bulk_id == one))
        connection.execute(delete(bulks).where(bulks.c.id == one))
