"""The rows of a batch that was written: each becomes a remediation; none is touched by itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, case, literal, select, update

from collectors.evidence.reads.bulks import BulkStanding
from collectors.evidence.schema import Moment, before_images, bulk_rows, conflicts, remediations
from dashboard.remediation.journal.owner import this_process
from dashboard.remediation.journal.tampering import WRITTEN, rows_print


def printed(connection: Connection, bulk_id: str, batch: int) -> str:
    """What the journal says of a batch's rows and images."""
    row = bulk_rows.c
    query = (
        select(row.remediation_id, row.image_digest)
        .where(row.bulk_id == bulk_id, row.batch == batch, row.state.in_(WRITTEN))
        .order_by(row.number)
    )
    return rows_print([(one, digest) for one, digest in connection.execute(query)])


def become_remediations(
    connection: Connection, bulk: BulkStanding, batch: int, now: datetime
) -> None:
    """A remediation of its own for each row that was written, by one statement."""
    row = bulk_rows.c
    written = row.bulk_id == bulk.id, row.batch == batch, row.state.in_(WRITTEN)
    moment = Moment()
    copied = {
        "id": row.remediation_id,
        "conflict_id": row.conflict_id,
        "environment": conflicts.c.environment,
        "target": literal(bulk.target),
        "remedy": literal(bulk.remedy),
        "digest": row.digest,
        "table_name": row.table_name,
        "row_id": row.row_id,
        "undoes": row.undoes,
        "state": case((row.state == "planned", "applied"), else_=row.state),
        "actor": literal(bulk.actor),
        "role": literal(bulk.role),
        "reason": literal(bulk.reason),
        "ticket": literal(bulk.ticket),
        "owner": literal(this_process()),
        "started_at": literal(bulk.approved_at, moment),
        "finished_at": literal(now, moment),
        "slot": row.slot,
        "said": row.said,
        "bulk_id": row.bulk_id,
    }
    joined = select(*copied.values()).join(conflicts, conflicts.c.id == row.conflict_id)
    connection.execute(remediations.insert().from_select(list(copied), joined.where(*written)))
    if bulk.undoes is not None:
        _take_back(connection, bulk.id, batch)


def _take_back(connection: Connection, bulk_id: str, batch: int) -> None:
    """The remediations that were undone, and their images with them."""
    row = bulk_rows.c
    written = row.bulk_id == bulk_id, row.batch == batch, row.state == "planned"
    undone = select(row.undoes).where(*written)
    by = select(row.remediation_id).where(*written, row.undoes == remediations.c.id)
    connection.execute(
        update(remediations)
        .where(remediations.c.id.in_(undone))
        .values(state="undone", undone_by=by.scalar_subquery())
    )
    connection.execute(
        update(before_images)
        .where(before_images.c.remediation_id.in_(undone))
        .values(sealed=None, data_key=None, forgotten=True)
    )
