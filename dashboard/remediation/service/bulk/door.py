"""What may be asked of many rows at once. Every Refusal is journalled, and every batch is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from collectors.errors import TargetUnreachable
from collectors.evidence.reads.bulks import (
    BulkStanding,
    bulk_exceptions,
    bulk_of_digest,
    find_bulk,
    list_bulks,
)
from collectors.evidence.reads.remediations import RemediationFilter, list_remediations
from collectors.postgres.snapshot import Snapshot
from dashboard.access import Actor, Role
from dashboard.remediation.batch import digest_of_all
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.journal import Kind, Line, bulks, recording
from dashboard.remediation.journal.forgetting import unread_batches
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.service import rights
from dashboard.remediation.service.bulk.choosing import Choice, Chooser
from dashboard.remediation.service.bulk.planning import RELEASE, BulkPlanner
from dashboard.remediation.service.bulk.running import CUT_OFF, Announce, BulkRunner, ReadyBatch
from dashboard.remediation.service.bulk.settling import settle_bulk
from dashboard.remediation.service.bulk.standing import (
    at_work,
    being_done,
    is_abandoned,
    nothing_left,
    standing,
    unfit,
)
from dashboard.remediation.service.bulk.values import (
    BulkEnded,
    BulkPreview,
    BulkRefused,
    Chosen,
    Excepted,
    Progress,
)
from dashboard.remediation.service.gather import Places, Sources
from dashboard.remediation.service.one_database import apart
from dashboard.remediation.service.telling import tell_issues
from dashboard.remediation.service.values import Approval
from dashboard.remediation.writeback import WriteBack
from dashboard.remediation.writer import BatchWriter
from dashboard.settings import WriteSettings

_ONE_AT_A_TIME = {
    RemedyName.RESTORE_ROW: "A restore brings back history, access and possibly billing, and an "
    "erased record must never come back: each is decided by itself.",
    RemedyName.PURGE_ROW: "A purge cannot be taken back: each is decided by itself.",
}

_UNSETTLED = Refusal(
    RefusalCode.BEING_DONE,
    "A batch of it was cut off, and the database does not say yet what became of it: try again.",
)


def _quiet(_done: int, _of: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """Previews, applies, takes back and settles many releases under one Approval."""

    sources: Sources
    settings: WriteSettings
    writer: Callable[[str], BatchWriter]
    clock: Callable[[], datetime]
    announce: Announce
    writeback: WriteBack | None = None

    def preview(
        self, chosen: Chosen, remedy: RemedyName, actor: Actor
    ) -> BulkPreview | BulkRefused:
        """Every plan made, run for real and rolled back. Raises TargetUnreachable."""
        refusal = self._refusal(actor, remedy)
        choice = refusal or Chooser(self.sources).conflicts(chosen)
        return self._previewed(choice, actor, None)

    def undo_preview(self, bulk_id: str, actor: Actor) -> BulkPreview | BulkRefused:
        """The same for taking a bulk back, row by row. Raises TargetUnreachable."""
        done = find_bulk(self.sources.store, bulk_id)
        choice: Choice | Refusal
        if done is None or done.state == "previewed":
            choice = Refusal(RefusalCode.NOTHING_TO_UNDO, "There is no such bulk.")
        elif done.undoes is not None:
            text = "This was an undo itself: run the remedy again instead."
            choice = Refusal(RefusalCode.NOTHING_TO_UNDO, text)
        else:
            choice = rights.bulk_refusal(actor) or Chooser(self.sources).written_by(
                done, self.clock()
            )
        return self._previewed(choice, actor, bulk_id)

    def apply(self, approval: Approval, progress: Progress = _quiet) -> BulkEnded | BulkRefused:
        """Begin the bulk whose Preview was approved, or go on with it where it was cut off.

        Raises TargetUnreachable where that is so before anything began. Later it only stops it:
        what was done until then stays done, is told, and can be taken back.
        """
        bulk = bulk_of_digest(self.sources.store, approval.digest)
        runner = self._startable(bulk, approval)
        if bulk is None or isinstance(runner, Refusal):
            assert isinstance(runner, Refusal)
            return self._refused(runner, approval.actor)
        begun = bulk.state != "previewed"  # else what is in hand now is somebody's who was quicker
        if begun and not settle_bulk(runner, bulk):
            return self._refused(_UNSETTLED, approval.actor)
        batches = runner.ready(bulk, "waiting")
        if isinstance(batches, Refusal):
            return self._refused(batches, approval.actor)
        now = find_bulk(self.sources.store, bulk.id) or bulk  # others may have been quicker
        refusal = unfit(approval, batches) if batches else self._standing(now) or nothing_left(now)
        if refusal is not None:
            return self._refused(refusal, approval.actor)
        return self._run(runner, bulk, batches, approval, progress)

    def settle(self) -> None:
        """At start-up: what a crash left in hand is settled, and waits to be gone on with."""
        store = self.sources.store
        stopped = list_bulks(store, state="stopped")
        cut = [
            bulk
            for bulk in stopped
            if bulks.batches_of(store, bulk.id, "running") or unread_batches(store, bulk.id)
        ]
        for bulk in [*list_bulks(store, state="running"), *cut]:
            if not is_abandoned(store, bulk, self.clock()):
                continue
            actor = Actor(str(bulk.actor), Role(str(bulk.role)), verified=True)
            try:
                runner = self._runner(bulk.target, actor)
            except TargetUnreachable:
                continue
            if not isinstance(runner, Refusal) and settle_bulk(runner, bulk):
                runner.mark(bulk)
                self._let_go(bulk, None)
        with store.write() as connection:
            bulks.forget_previewed(connection, self.clock())

    def _refusal(self, actor: Actor, remedy: RemedyName) -> Refusal | None:
        if remedy is not RELEASE:
            return Refusal(RefusalCode.NOT_IN_BULK, _ONE_AT_A_TIME[remedy])
        return rights.bulk_refusal(actor)

    def _previewed(
        self, choice: Choice | Refusal, actor: Actor, undoes: str | None
    ) -> BulkPreview | BulkRefused:
        if not isinstance(choice, Refusal) and self.settings.write_dsn(choice.target) is None:
            choice = rights.no_writer(choice.target)
        if isinstance(choice, Refusal):
            return self._refused(choice, actor)
        planner = BulkPlanner(self.sources, self.settings, self.writer, self.clock)
        preview = planner.preview(choice, actor, undoes)
        return self._refused(preview, actor) if isinstance(preview, Refusal) else preview

    def _startable(self, bulk: BulkStanding | None, approval: Approval) -> BulkRunner | Refusal:
        if bulk is None:
            text = "No Preview of this digest is known: preview it first."
            return Refusal(RefusalCode.NOT_PREVIEWED, text)
        refusal = rights.bulk_refusal(approval.actor) or self._standing(bulk)
        if refusal is not None:
            return refusal
        if self.settings.write_dsn(bulk.target) is None:
            return rights.no_writer(bulk.target)
        digests = bulks.batch_digests(self.sources.store, bulk.id)
        if digest_of_all(bulk.id, bulk.target, bulk.undoes, digests) != approval.digest:
            text = "What was kept of the Preview is not what was approved: preview it again."
            return Refusal(RefusalCode.CHANGED_SINCE_PREVIEW, text)
        return self._runner(bulk.target, approval.actor)

    def _runner(self, target: str, actor: Actor) -> BulkRunner | Refusal:
        reader = self.sources.readers.get(target)
        if reader is None:
            text = f"Target {target!r} is not in the settings."
            return Refusal(RefusalCode.UNREACHABLE, text)
        writer = self.writer(target)

        def looked(snapshot: Snapshot) -> Places | Refusal:
            return apart(snapshot, writer) or Places(self.sources.catalogs(snapshot))

        places = reader.ask(looked)
        if isinstance(places, Refusal):
            return places
        return BulkRunner(
            self.sources.store,
            self.settings,
            writer,
            places,
            actor,
            self.announce,
            self.clock,
        )

    def _run(
        self,
        runner: BulkRunner,
        bulk: BulkStanding,
        batches: list[ReadyBatch],
        approval: Approval,
        progress: Progress,
    ) -> BulkEnded | BulkRefused:
        store = self.sources.store
        approved = {
            "actor": str(approval.actor),
            "role": approval.actor.role,
            "reason": approval.reason.strip(),
            "ticket": approval.ticket,
            "approved_at": approval.at,
        }
        with recording(store) as line:
            begun = bulks.start(
                line, bulk, approved, [batch.intent for batch in batches], self.clock()
            )
            if begun:
                at_work.add(bulk.id)  # before anybody can see that it runs
        begun_bulk = find_bulk(store, bulk.id)
        assert begun_bulk is not None
        if not begun:
            refusal = self._standing(begun_bulk) or being_done(begun_bulk)
            return self._refused(refusal, approval.actor)
        stopped: str | None = CUT_OFF
        lost = False
        try:
            stopped = runner.run(begun_bulk, batches, progress)
        except TargetUnreachable as error:
            stopped, lost = str(error), True
        finally:
            at_work.discard(bulk.id)
            runner.mark(begun_bulk)
            self._let_go(begun_bulk, stopped)
        if self.writeback is not None:
            done = list_remediations(store, RemediationFilter(bulk_id=bulk.id, state="applied"))
            tell_issues(store, self.writeback, done, self.clock())
        return self._ended(bulk.id, stopped, lost=lost)

    def _let_go(self, bulk: BulkStanding, stopped: str | None) -> None:
        """Done, unless something waits or is not known to have ended."""
        left = find_bulk(self.sources.store, bulk.id)
        waiting = left is not None and left.counts.get("planned", 0)
        state, said = ("stopped", stopped or CUT_OFF) if waiting else ("done", None)
        with recording(self.sources.store) as line:
            bulks.finish(line, bulk, state, said, self.clock())

    def _ended(self, bulk_id: str, stopped: str | None, *, lost: bool) -> BulkEnded:
        store = self.sources.store
        bulk = find_bulk(store, bulk_id)
        assert bulk is not None
        exceptions = tuple(
            Excepted(one.conflict_id, Refusal(RefusalCode(one.code), one.said))
            for one in bulk_exceptions(store, bulk_id)
        )
        counts = bulk.counts
        cut_off = lost and counts.get("planned", 0) > 0  # else that was after its last batch
        return BulkEnded(
            bulk_id,
            bulk.applied,
            bulk.refused,
            counts.get("failed", 0),
            counts.get("planned", 0),
            exceptions,
            bulk.said if lost and not cut_off else stopped or bulk.said,
            cut_off,
        )

    def _refused(self, refusal: Refusal, actor: Actor) -> BulkRefused:
        body = {"remedy": RELEASE, "bulk": True, "code": refusal.code, "said": refusal.text}
        with recording(self.sources.store) as line:
            line.append(Line(Kind.REFUSED, self.clock(), str(actor), actor.role, body))
        return BulkRefused(refusal)

    def _standing(self, bulk: BulkStanding) -> Refusal | None:
        return standing(self.sources.store, bulk, self.clock())
