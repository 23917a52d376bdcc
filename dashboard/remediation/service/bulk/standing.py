"""Whether a bulk can be begun, or gone on with, as it stands."""

from __future__ import annotations

from datetime import datetime, timedelta

from collectors.evidence.database import Store
from collectors.evidence.reads.bulks import BulkStanding, last_heard_of
from collectors.model.counted import counted
from dashboard.remediation.guard import unfit_reason
from dashboard.remediation.journal.images import PREVIEW_LASTS
from dashboard.remediation.journal.owner import is_gone, this_process
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.service.bulk.running import ReadyBatch
from dashboard.remediation.service.values import Approval

SILENCE = timedelta(minutes=15)
"""Of a bulk at work the journal hears several times a batch, each a matter of seconds. One that was
given up wrongly commits nothing more, and waits to be gone on with."""

at_work: set[str] = set()
"""The bulks that this process has in hand just now."""

_TOO_OLD = Refusal(
    RefusalCode.NOT_PREVIEWED, "Its Preview is more than a day old: preview it again."
)


def is_abandoned(store: Store, bulk: BulkStanding, now: datetime) -> bool:
    """Whether nobody is at work on it.

    A process of another machine (a container has a new name each time it is made) cannot be looked
    at, and a number that is in use may be another process's by now: what is silent for long is.
    """
    if bulk.owner is None or bulk.owner == this_process():
        return bulk.id not in at_work
    if is_gone(bulk.owner):
        return True
    heard = last_heard_of(store, bulk.id)
    return heard is None or now - heard > SILENCE


def standing(store: Store, bulk: BulkStanding, now: datetime) -> Refusal | None:
    """Why it cannot be begun or gone on with as it stands."""
    if bulk.state == "done":
        return Refusal(RefusalCode.ALREADY_DONE, _how_it_ended(bulk))
    if bulk.state == "running" and not is_abandoned(store, bulk, now):
        return being_done(bulk)
    if bulk.state == "previewed" and bulk.made_at <= now - PREVIEW_LASTS:
        return _TOO_OLD
    return None


def _how_it_ended(bulk: BulkStanding) -> str:
    by = f"by {bulk.actor} at {bulk.finished_at:%Y-%m-%d %H:%M:%S} UTC"
    refused = bulk.counts.get("refused", 0)
    again = f" Refused: {counted(refused, 'row')}; a new Preview asks about them again."
    if refused and not bulk.applied and not bulk.counts.get("failed"):
        return f"This was already tried {by}, and nothing was written.{again}"
    return f"This was already done {by}.{again if refused else ''}"


def being_done(bulk: BulkStanding) -> Refusal:
    """Somebody else has it in hand."""
    return Refusal(RefusalCode.BEING_DONE, f"This is being done by {bulk.actor}.")


def nothing_left(bulk: BulkStanding) -> Refusal:
    """Of what was approved no row can be written any more."""
    if bulk.counts.get("planned", 0):
        return _TOO_OLD
    text = "Nothing of it is left to do: every other row of its Preview was refused."
    return Refusal(RefusalCode.NOT_PREVIEWED, text)


def unfit(approval: Approval, batches: list[ReadyBatch]) -> Refusal | None:
    """Why the reason or the ticket may not stand in the journal beside these rows."""
    telling = {value for batch in batches for value in batch.stored.content["telling"]}
    return unfit_reason(approval.reason, approval.ticket, telling)
