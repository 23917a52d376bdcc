"""What may be asked of the write side. Every Refusal is journalled, and every Outcome is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from collectors.errors import TargetUnreachable
from collectors.evidence.database import Store
from collectors.evidence.reads.remediations import (
    RemediationFilter,
    RemediationRow,
    find_remediation,
    list_remediations,
    unmarked_remediations,
)
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from dashboard.access import Actor
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.guard import unfit_reason
from dashboard.remediation.journal import Kind, Line, ledger, recording
from dashboard.remediation.journal.images import forget_expired, keep_preview
from dashboard.remediation.outcomes import Outcome, Refusal, RefusalCode, Refused, Step
from dashboard.remediation.plan import RemediationPlan
from dashboard.remediation.service import rights, settlement
from dashboard.remediation.service.gather import Catalogs, Sources
from dashboard.remediation.service.planning import Planner
from dashboard.remediation.service.run import Runner
from dashboard.remediation.service.values import Approval, Offer, Preview
from dashboard.remediation.writer import Announce, Limits, Writer
from dashboard.settings import WriteSettings


def _now() -> datetime:
    return datetime.now(UTC)


def _unheard(_: Step) -> None:
    """Nobody wants to know how far it has come."""


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
        clock: Callable[[], datetime] = _now,
    ) -> None:
        limits = settings.remediation
        self._store = store
        self._settings = settings
        self._sources = Sources(store, readers, catalogs)
        self._limits = Limits(limits.lock_timeout_ms, limits.statement_timeout_ms)
        self._planner = Planner(self._sources, settings, self._writer, clock)
        self._announce = announce
        self._clock = clock

    def offers(self, conflict_id: str, actor: Actor) -> list[Offer]:
        """Every Remedy: possible, or why not; the one to offer first is marked.

        Only the reader is asked, so it answers without a writer too.
        """
        return self._planner.offers(conflict_id, actor)

    def preview(self, conflict_id: str, remedy: RemedyName, actor: Actor) -> Preview | Refused:
        """Run the plan for real and roll it back."""
        plan = self._planner.afresh(conflict_id, remedy, actor)
        preview = plan if isinstance(plan, Refusal) else self._rehearsed(plan)
        if isinstance(preview, Refusal):
            return self._refused(preview, actor, conflict_id, remedy)
        keep_preview(self._store, preview.plan.digest, preview.plan.before, self._clock())
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
            return self._refused(preview, actor, *self._about(remediation_id))
        return preview

    def undo(self, remediation_id: str, approval: Approval) -> Outcome:
        """Take a remediation back, as its undo was previewed."""
        order = self._planner.approved_back(remediation_id, approval)
        return self._run(order, approval.actor, *self._about(remediation_id))

    def reopen(self, remediation_id: str, actor: Actor, reason: str) -> Refusal | None:
        """An engineer has looked at a Failed remediation: its row is open to plans again."""
        refusal = rights.reopen_refusal(actor) or unfit_reason(reason, None, ())
        if refusal is None:
            with recording(self._store) as line:
                ledger.reopen(line, remediation_id, str(actor), actor.role, reason, self._clock())
        return refusal

    def settle(self) -> list[Outcome]:
        """At start-up: find out how abandoned remediations ended, and forget what has expired.

        What cannot be asked just now is left for the next time.
        """
        running = list_remediations(self._store, RemediationFilter(state="running"))
        outcomes = [outcome for done in running if (outcome := self._settled(done))]
        for done in unmarked_remediations(self._store):
            settlement.mark_conflict(self._store, done, done.finished_at or self._clock())
        with self._store.write() as connection:
            forget_expired(connection, self._clock())
        return outcomes

    def _writer(self, target: str) -> Writer:
        dsn = self._settings.write_dsn(target)
        if dsn is None:
            raise TargetUnreachable(f"Target {target!r} has no writer: set its write_dsn.")
        return Writer(target, dsn, self._limits)

    def _runner(self, target: str) -> Runner:
        writer = self._writer(target)
        return Runner(self._store, writer, self._limits, self._announce, self._clock)

    def _rehearsed(self, plan: RemediationPlan) -> Preview | Refusal:
        began = time.monotonic()
        written = self._writer(plan.place.target).rehearse(plan)
        if isinstance(written, Refusal):
            return written
        return Preview.of(plan, round((time.monotonic() - began) * 1_000))

    def _run(
        self,
        order: ledger.Order | Refusal,
        actor: Actor,
        conflict_id: str | None,
        remedy: str | None,
    ) -> Outcome:
        if isinstance(order, Refusal):
            return self._refused(order, actor, conflict_id, remedy)
        outcome = self._runner(order.plan.place.target).run(order)
        if isinstance(outcome, Refused) and outcome.remediation_id is None:
            return self._refused(outcome.refusal, actor, conflict_id, remedy)
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

    def _settled(self, done: RemediationRow) -> Outcome | None:
        try:
            runner = self._runner(done.target)
            if not runner.is_abandoned(done):
                return None
            case = self._sources.case(done.conflict_id, row_id=done.row_id)
            return None if isinstance(case, Refusal) else runner.settle(case.place, done)
        except TargetUnreachable:
            return None
