"""What may be asked of the write side. Every Refusal is journalled, and every Outcome is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from collectors.errors import TargetUnreachable
from collectors.evidence.database import Store
from collectors.evidence.reads.remediations import (
    RemediationFilter,
    RemediationRow,
    find_remediation,
    key_values,
    list_remediations,
)
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from dashboard.access import Actor
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.guard import unfit_reason
from dashboard.remediation.journal import Kind, Line, ledger, recording
from dashboard.remediation.journal.images import (
    forget_expired,
    forget_previews,
    keep_preview,
    open_image,
    targets_of_expired,
)
from dashboard.remediation.journal.orders import Order
from dashboard.remediation.outcomes import Applied, Outcome, Refusal, RefusalCode, Refused, Step
from dashboard.remediation.plan import RemediationPlan
from dashboard.remediation.service import rights
from dashboard.remediation.service.bulk import Bulk
from dashboard.remediation.service.earlier import by_us_since
from dashboard.remediation.service.forgetting import Forgetter, Forgotten
from dashboard.remediation.service.gather import Catalogs, Sources
from dashboard.remediation.service.one_database import APART, apart
from dashboard.remediation.service.planning import Planner, telling
from dashboard.remediation.service.revealing import Revealed, Revealer
from dashboard.remediation.service.run import Runner
from dashboard.remediation.service.telling import tell_issues
from dashboard.remediation.service.triaging import Triager
from dashboard.remediation.service.values import Approval, Offer, Preview
from dashboard.remediation.showing import changed_beside
from dashboard.remediation.writeback import WriteBack
from dashboard.remediation.writer import Announce, BatchWriter, Limits, Writer
from dashboard.settings import WriteSettings


def _now() -> datetime:
    return datetime.now(UTC)


def _unheard(_: Step) -> None:
    """Nobody wants to know how far it has come."""


def _no_batch(_step: str, _batch: int) -> None:
    """Nobody wants to know how far a bulk has come."""


class Remediation:
    """The one door: offers, previews, applies, undoes, and settles what a crash cut off.

    `readers` are the Targets' read-only handles; `catalogs` reads a catalog with what the settings
    say of its tables; `announce` hears of each Step once it is done. Nothing is kept between calls
    but in the store, so a view may build one as often as it likes. Whatever asks a Target raises
    TargetUnreachable when that does not answer.
    """

    def __init__(
        self,
        store: Store,
        readers: Mapping[str, ReadTarget],
        settings: WriteSettings,
        *,
        catalogs: Catalogs = read_catalog,
        announce: Announce = _unheard,
        announce_batch: Callable[[str, int], None] = _no_batch,
        clock: Callable[[], datetime] = _now,
        writeback: WriteBack | None = None,
    ) -> None:
        limits = settings.remediation
        self._store = store
        self._settings = settings
        self._sources = Sources(store, readers, catalogs)
        self._limits = Limits(limits.lock_timeout_ms, limits.statement_timeout_ms)
        self._planner = Planner(self._sources, settings, self._writer, clock)
        self._announce = announce
        self._announce_batch = announce_batch
        self._clock = clock
        self._writeback = writeback

    @property
    def bulk(self) -> Bulk:
        """Many at once."""
        return Bulk(
            self._sources,
            self._settings,
            self._batch_writer,
            self._clock,
            self._announce_batch,
            self._writeback,
        )

    def offers(self, conflict_id: str, actor: Actor) -> list[Offer]:
        """Every Remedy: possible, or why not; the one to offer first is marked.

        Only the reader is asked, so it answers without a writer too.
        """
        return self._planner.offers(conflict_id, actor)

    def preview(
        self, conflict_id: str, remedy: RemedyName, actor: Actor, along: Sequence[str] = ()
    ) -> Preview | Refused:
        """Run the plan for real and roll it back.

        `along` are tables of which a restore is to take along what was deleted in the same moment.
        """
        plan = self._planner.afresh(conflict_id, remedy, actor, along)
        preview = plan if isinstance(plan, Refusal) else self._rehearsed(plan)
        if isinstance(preview, Refusal):
            return self._refused(preview, actor, conflict_id, remedy)
        done = ledger.done_to(self._store, preview.plan.place)
        keep_preview(self._store, preview.plan, done, self._clock())
        return preview

    def apply(self, conflict_id: str, remedy: RemedyName, approval: Approval) -> Outcome:
        """Apply the plan whose Preview was approved, and no other."""
        order = self._planner.approved(conflict_id, remedy, approval)
        return self._run(order, approval.actor, conflict_id, remedy)

    def undo_preview(self, remediation_id: str, actor: Actor) -> Preview | Refused:
        """Run the way back for real and roll it back."""
        plan = self._planner.back(remediation_id, actor)
        preview = plan if isinstance(plan, Refusal) else self._rehearsed(plan)
        if isinstance(preview, Refusal):
            done = find_remediation(self._store, remediation_id)
            said = preview if done is None else by_us_since(self._store, done, preview)
            return self._refused(said, actor, *self._about(remediation_id))
        return preview

    def undo(self, remediation_id: str, approval: Approval) -> Outcome:
        """Take a remediation back, as its undo was previewed."""
        order = self._planner.approved_back(remediation_id, approval)
        return self._run(order, approval.actor, *self._about(remediation_id))

    def reopen(self, remediation_id: str, actor: Actor, reason: str) -> Refusal | None:
        """An engineer has looked at a Failed remediation: its row is open to plans again."""
        refusal = rights.reopen_refusal(actor)
        refusal = refusal or unfit_reason(reason, None, self._telling(remediation_id))
        if refusal is None:
            now = self._clock()
            with recording(self._store) as line:
                if ledger.reopen(line, remediation_id, str(actor), actor.role, reason, now):
                    return None
            text = "There is no such remediation that ended unclear and waits for a look."
            refusal = Refusal(RefusalCode.NOTHING_TO_UNDO, text)
        self._refused(refusal, actor, *self._about(remediation_id))
        return refusal

    def forget(self, value: str, actor: Actor, *, erase: bool = True) -> Forgotten | Refusal:
        """List what we hold of a person, erase it, and name the rows where a Remedy hid it."""
        return Forgetter(self._sources, self._clock).forget(value, actor, erase=erase)

    @property
    def triage(self) -> Triager:
        """What support may do short of a remedy."""
        return Triager(self._store, self._clock)

    def reveal(self, conflict_id: str, actor: Actor) -> Revealed | Refusal:
        """The key's values in clear, for who may see them: journalled first, then read."""
        return Revealer(self._sources, self._settings, self._clock).reveal(conflict_id, actor)

    def settle(self) -> list[Outcome]:
        """At start-up: find out how abandoned remediations ended, and forget what has expired.

        What cannot be asked just now is left for the next time.
        """
        running = list_remediations(self._store, RemediationFilter(state="running"))
        outcomes = [self._told(outcome) for done in running if (outcome := self._settled(done))]
        self._forget_expired()
        self.bulk.settle()
        return outcomes

    def _forget_expired(self) -> None:
        now = self._clock()
        with self._store.read() as connection:
            targets = targets_of_expired(connection, now)
        told = {one: self._sources.time_at(one) for one in targets & {*self._sources.readers}}
        with self._store.write() as connection:
            forget_expired(connection, now, told)
            forget_previews(connection, now)

    def _writer(self, target: str) -> Writer:
        return Writer(target, self._write_dsn(target), self._limits)

    def _batch_writer(self, target: str) -> BatchWriter:
        return BatchWriter(target, self._write_dsn(target), self._limits)

    def _write_dsn(self, target: str) -> str:
        dsn = self._settings.write_dsn(target)
        if dsn is None:
            raise TargetUnreachable(f"Target {target!r} has no writer: set its write_dsn.")
        return dsn

    def _runner(self, target: str) -> Runner:
        writer = self._writer(target)
        return Runner(self._store, writer, self._limits, self._announce, self._clock)

    def _rehearsed(self, plan: RemediationPlan) -> Preview | Refusal:
        began = time.monotonic()
        written = self._writer(plan.place.target).rehearse(plan)
        if isinstance(written, Refusal):
            return written
        rows = [written.after, *(its.after for its in written.children)]
        beside = changed_beside((plan, *plan.children), rows)
        plan = replace(plan, warnings=(*plan.warnings, *beside))
        return Preview.of(plan, round((time.monotonic() - began) * 1_000))

    def _run(
        self,
        order: Order | Refusal,
        actor: Actor,
        conflict_id: str | None,
        remedy: str | None,
    ) -> Outcome:
        if isinstance(order, Refusal):
            return self._refused(order, actor, conflict_id, remedy)
        outcome = self._runner(order.plan.place.target).run(order)
        if isinstance(outcome, Refused) and outcome.remediation_id is None:
            return self._refused(outcome.refusal, actor, conflict_id, remedy)
        return self._told(outcome)

    def _told(self, outcome: Outcome) -> Outcome:
        """The same Outcome, once the Issues have heard of it."""
        if isinstance(outcome, Applied) and (
            done := find_remediation(self._store, outcome.remediation_id)
        ):
            tell_issues(self._store, self._writeback, [done], self._clock())
        return outcome

    def _refused(
        self, refusal: Refusal, actor: Actor, conflict_id: str | None, remedy: str | None
    ) -> Refused:
        """Journal a Refusal that came before anything began."""
        body = {
            "remedy": remedy,
            "code": refusal.code,
            "said": refusal.text,
            "difference": [str(one) for one in refusal.difference],
        }
        known = refusal.code is not RefusalCode.UNKNOWN_CONFLICT
        about = conflict_id if known else None
        with recording(self._store) as line:
            line.append(Line(Kind.REFUSED, self._clock(), str(actor), actor.role, body, about))
        return Refused(refusal)

    def _about(self, remediation_id: str) -> tuple[str | None, str | None]:
        done = find_remediation(self._store, remediation_id)
        return (None, None) if done is None else (done.conflict_id, f"undo of {done.remedy}")

    def _telling(self, remediation_id: str) -> list[str]:
        """What a reason about it may not say, as far as it is still kept."""
        done = find_remediation(self._store, remediation_id)
        image = open_image(self._store, remediation_id, self._clock())
        asked = key_values(self._store, done.conflict_id) if done else None
        held = [image.before.columns[name] for name in image.written] if image else []
        return telling((*(asked or ()), *held))

    def _settled(self, done: RemediationRow) -> Outcome | None:
        try:
            runner = self._runner(done.target)
            if not runner.is_abandoned(done):
                return None
            place = self._sources.ask(
                done.conflict_id,
                lambda case: apart(case.snapshot, runner.writer) or case.place,
                row_id=done.row_id,
            )
            return None if place == APART else runner.settle(place, done)
        except TargetUnreachable:
            return None
