"""What became of the batches whose end nobody saw: asked of the database, never guessed."""

from __future__ import annotations

from collectors.errors import TargetUnreachable
from collectors.evidence.reads.bulks import BulkStanding
from dashboard.remediation.guard import Settlement, settled
from dashboard.remediation.journal import bulks, forgetting, recording
from dashboard.remediation.journal.bulks import WaitingBatch
from dashboard.remediation.outcomes import Refusal
from dashboard.remediation.service.bulk.running import BulkRunner, ReadyBatch


def settle_bulk(runner: BulkRunner, bulk: BulkStanding) -> bool:
    """Settle an abandoned bulk's batches; False while one goes on, or cannot be asked about."""
    ended = []
    for stored in bulks.batches_of(runner.store, bulk.id, "running"):
        batch = runner.again(stored)
        if isinstance(batch, Refusal):
            ended.append(_settled_unplanned(runner, bulk, stored))
        else:
            ended.append(_settled(runner, bulk, batch))
    unread = forgetting.unread_batches(runner.store, bulk.id)
    ended += [_settled_unread(runner, bulk, number, xid) for number, xid in unread]
    return all(ended)


def _settled_unread(runner: BulkRunner, bulk: BulkStanding, number: int, xid: str) -> bool:
    """Somebody of the batch was forgotten since: its transaction alone tells what became of it."""
    try:
        status = runner.writer.status(xid)
    except TargetUnreachable:
        return False
    now = runner.clock()
    if status == "committed":
        with recording(runner.store) as line:
            return bulks.close_batch_applied(line, bulk, number, missing={}, now=now)
    if status == "aborted":
        refused = forgetting.refusals_of(runner.store, bulk.id, number)
        with recording(runner.store) as line:
            bulks.close_batch_refused(line, bulk, number, refused, now)
        return True
    return False


def _settled_unplanned(runner: BulkRunner, bulk: BulkStanding, stored: WaitingBatch) -> bool:
    """The table, its keys or the settings are not as they were: its transaction alone tells."""
    try:
        status = runner.writer.status(str(stored.xid))
    except TargetUnreachable:
        return False
    with recording(runner.store) as line:
        if status == "committed":
            return bulks.close_batch_applied(
                line, bulk, stored.number, missing={}, now=runner.clock()
            )
        return status == "aborted" and bulks.release_batch(line, bulk.id, stored.number)


def _settled(runner: BulkRunner, bulk: BulkStanding, batch: ReadyBatch) -> bool:
    """A batch is one transaction: some of its rows as it leaves them prove that it was committed.

    Where its id is not known to the server, that is what tells; a row that is then not as the batch
    leaves it was changed since, or the server was restored: a person must look.
    """
    assert batch.stored.xid is not None
    try:
        status = runner.writer.status(batch.stored.xid)
        standing = runner.writer.standing(batch.form, batch.rows)
    except TargetUnreachable:
        return False
    verdict = settled(status, as_before=not standing, as_after=bool(standing))
    if verdict is Settlement.GOES_ON:
        return False
    if verdict is Settlement.NOTHING_DONE:
        with recording(runner.store) as line:
            return bulks.release_batch(line, bulk.id, batch.stored.number)
    refused = bulks.refused_in(runner.store, bulk.id, batch.stored.number)
    missing = {
        number
        for number, row in enumerate(batch.rows)
        if number not in standing and row.remediation_id not in refused
    }
    runner.conclude(bulk, batch, missing)
    return True
