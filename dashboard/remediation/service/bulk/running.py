"""An approved bulk, batch by batch: two at a time, each its own transaction, paced, stoppable.

Two lanes, so that the application's database works on one batch while our store writes down the
other; whatever their order, every batch is journalled before it is written and after.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from typing import Any

from collectors.errors import TargetUnreachable
from collectors.evidence.database import Store
from collectors.evidence.reads.bulks import BulkStanding
from collectors.evidence.reads.conflicts import find_conflict
from collectors.evidence.reads.remediations import RemediationFilter, list_remediations
from collectors.evidence.remedied import mark_bulk
from collectors.model import Confidence
from dashboard.access import Actor
from dashboard.remediation.batch import BatchRow, Form, batch_digest, form_of, unpacked
from dashboard.remediation.facts import Row
from dashboard.remediation.journal import bulks, recording
from dashboard.remediation.journal.bulks import WaitingBatch
from dashboard.remediation.journal.forgetting import FORGOTTEN
from dashboard.remediation.journal.ledger import Superseded
from dashboard.remediation.journal.orders import slot_at
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.plan import RemediationPlan
from dashboard.remediation.service.bulk.choosing import Candidate
from dashboard.remediation.service.bulk.planning import plan_of
from dashboard.remediation.service.bulk.tally import Tally
from dashboard.remediation.service.bulk.values import Progress
from dashboard.remediation.service.earlier import already
from dashboard.remediation.service.gather import Places
from dashboard.remediation.undo import BeforeImage
from dashboard.remediation.writer import BatchWriter, BatchWritten, EndUnknown, RolledBack
from dashboard.settings import WriteSettings

LANES = 2
LOOKS_DONE = (RefusalCode.CHANGED_SINCE_PREVIEW, RefusalCode.NOT_A_TOMBSTONE, RefusalCode.ROW_GONE)

CUT_OFF = "It was cut off, and can go on."
MISSING = "It was committed, and the row is not as it was left: somebody changed it since."
_OTHER_PLAN = Refusal(
    RefusalCode.CHANGED_SINCE_PREVIEW,
    "The plan is no longer the one that was approved: the table, its keys or the settings have "
    "changed. Preview it again.",
)

Announce = Callable[[str, int], None]
"""Hears of each step of a batch once it is done: `begun`, `committing`, `committed`, `outcome`."""


@dataclass(frozen=True, slots=True)
class ReadyBatch:
    """A waiting batch with its statement made again from today's catalog."""

    stored: WaitingBatch
    form: Form
    lead: RemediationPlan
    rows: tuple[BatchRow, ...]

    @property
    def intent(self) -> dict[str, Any]:
        """What the journal says of it before anything is written."""
        return {
            "batch": self.stored.number,
            "digest": self.stored.digest,
            "table": self.form.table.label,
            "rows": [row.row_id for row in self.rows],
            "statement": self.lead.statements[0].shown,
        }


@dataclass(frozen=True, slots=True)
class BulkRunner:
    """Carries out the batches of one bulk."""

    store: Store
    settings: WriteSettings
    writer: BatchWriter
    places: Places
    actor: Actor
    announce: Announce
    clock: Callable[[], datetime]

    def ready(self, bulk: BulkStanding, *states: str) -> list[ReadyBatch] | Refusal:
        """Its batches in these states, if each is still what was approved."""
        found = []
        for stored in bulks.batches_of(self.store, bulk.id, *states):
            batch = self.again(stored)
            if isinstance(batch, Refusal):
                return batch
            found.append(batch)
        return found

    def run(self, bulk: BulkStanding, batches: list[ReadyBatch], progress: Progress) -> str | None:
        """Every batch, until all are done or too many rows were refused; why it stopped.

        Raises TargetUnreachable; what was cut off is settled before the bulk goes on.
        """
        tally = Tally(sum(len(batch.rows) for batch in batches))
        waiting = iter(batches)
        lanes = min(LANES, len(batches))
        told: SimpleQueue[int | None] = SimpleQueue()
        with ThreadPoolExecutor(max(lanes, 1)) as pool:
            running = [pool.submit(self._lane, bulk, waiting, tally, told) for _ in range(lanes)]
            try:
                for done in _heard(told, lanes):
                    progress(done, tally.rows)
                for one in running:
                    one.result()
            except BaseException:  # also an interrupt: the batches in hand end, no other begins
                tally.stopped = tally.stopped or CUT_OFF
                raise
        return tally.stopped

    def _lane(
        self,
        bulk: BulkStanding,
        waiting: Iterator[ReadyBatch],
        tally: Tally,
        told: SimpleQueue[int | None],
    ) -> None:
        limits = self.settings.remediation
        try:
            with self.writer.lane() as connection:
                while (batch := tally.next_of(waiting)) is not None:
                    refused = self._run_one(connection, bulk, batch)
                    done = tally.add(len(batch.rows), refused, limits.bulk_stop_percent)
                    told.put(done)
                    time.sleep(limits.bulk_pause_ms / 1_000)
        except BaseException:
            tally.stopped = tally.stopped or CUT_OFF
            raise
        finally:
            told.put(None)

    def _run_one(self, connection: Any, bulk: BulkStanding, batch: ReadyBatch) -> int:
        """One batch; how many of its rows were refused. Raises CutOff, TargetUnreachable."""
        number = batch.stored.number
        self.announce("begun", number)

        def before_commit(written: BatchWritten) -> None:
            written.refused |= self._done_already(bulk, batch, written)
            try:
                with recording(self.store) as line:
                    bulks.note_batch_committing(
                        line,
                        bulk,
                        number,
                        xid=written.xid,
                        refused=_by_remediation(batch, written),
                        now=self.clock(),
                    )
            except bulks.CalledOff:
                raise RolledBack(FORGOTTEN) from None
            self.announce("committing", number)

        try:
            name = f"{bulk.id} batch {number}"
            written = self.writer.apply(
                connection, batch.form, batch.lead, batch.rows, name, before_commit
            )
        except (EndUnknown, Superseded):
            raise TargetUnreachable(
                f"The connection to {bulk.target!r} was lost in the middle of a batch; whether it "
                "was done is settled before the bulk goes on."
            ) from None
        self.announce("committed", number)
        self._conclude(bulk, batch, written)
        self.announce("outcome", number)
        return len(written.refused)

    def conclude(self, bulk: BulkStanding, batch: ReadyBatch, missing: set[int]) -> None:
        """A committed batch: its rows become remediations."""
        gone = {batch.rows[number].remediation_id: MISSING for number in missing}
        number = batch.stored.number
        with recording(self.store) as line:
            bulks.close_batch_applied(line, bulk, number, missing=gone, now=self.clock())

    def mark(self, bulk: BulkStanding) -> None:
        """Tell the Conflicts of every row that was written; after the last batch, all at once."""
        now = self.clock()
        at = f"{now:%Y-%m-%d %H:%M:%S} UTC"
        undone = f"The remedy was undone by {bulk.actor} at {at}."
        cured = f"Unblocked by us: {bulk.actor} released its key by {at}, in a bulk; verified."
        mark_bulk(
            self.store,
            bulk.id,
            undone=bulk.undoes is not None,
            by=f"{bulk.remedy} by {bulk.actor}",
            at=now,
            reason=undone if bulk.undoes else cured,
        )

    def _done_already(
        self, bulk: BulkStanding, batch: ReadyBatch, written: BatchWritten
    ) -> dict[int, Refusal]:
        """Who was quicker, of the rows that are no longer as they were seen."""
        changed = [n for n, one in written.refused.items() if one.code in LOOKS_DONE]
        found = {}
        for number in changed:
            row = batch.rows[number]
            wanted = RemediationFilter(slot=slot_at(batch.lead.place, row.row_id), state="applied")
            latest = next(iter(list_remediations(self.store, wanted, limit=1)), None)
            if latest is None or (latest.finished_at or bulk.made_at) < bulk.made_at:
                continue
            undo = bulk.undoes is not None
            if refusal := already(latest, row.conflict_id, bulk.remedy, undo=undo):
                found[number] = refusal
        return found

    def _conclude(self, bulk: BulkStanding, batch: ReadyBatch, written: BatchWritten) -> None:
        if written.after:
            self.conclude(bulk, batch, set(written.missing))
            return
        written.refused |= self._done_already(bulk, batch, written)
        refused = _by_remediation(batch, written)
        with recording(self.store) as line:
            number = batch.stored.number
            bulks.close_batch_refused(line, bulk, number, refused, self.clock())

    def again(self, stored: WaitingBatch) -> ReadyBatch | Refusal:
        """A batch made again, or why it is no longer what was approved."""
        content = stored.content
        candidate = self._candidate(content["lead"])
        if isinstance(candidate, Refusal):
            return candidate
        row = Row.from_json(content["lead"]["row"])
        plan = plan_of(self.settings, candidate, self.actor, before=row)
        if isinstance(plan, Refusal):
            return plan
        form, _ = form_of(plan)
        rows = unpacked(content["rows"])
        if batch_digest(form, rows, content["rows"]) != stored.digest:
            return _OTHER_PLAN
        return ReadyBatch(stored, form, plan, rows)

    def _candidate(self, lead: dict[str, object]) -> Candidate | Refusal:
        conflict = find_conflict(self.store, str(lead["conflict_id"]))
        if conflict is None:
            return _OTHER_PLAN
        known = lead["values"]
        values = tuple(known) if isinstance(known, list) else None
        place = self.places.of(conflict, str(lead["row_id"]), values)
        if isinstance(place, Refusal):
            return place
        kept = lead["image"]
        image = BeforeImage.from_json(kept) if isinstance(kept, dict) else None
        undoes = lead["undoes"]
        return Candidate(place, Confidence.CERTAIN, image, None if undoes is None else str(undoes))


def _heard(told: SimpleQueue[int | None], lanes: int) -> Iterator[int]:
    """What the lanes tell, on the caller's own thread, until each has ended."""
    while lanes:
        done = told.get()
        if done is None:
            lanes -= 1
        else:
            yield done


def _by_remediation(batch: ReadyBatch, written: BatchWritten) -> dict[str, Refusal]:
    return {batch.rows[n].remediation_id: refusal for n, refusal in written.refused.items()}
