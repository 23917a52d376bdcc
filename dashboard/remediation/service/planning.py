"""From a wish to a plan that may run, or the first Refusal: rights, facts, plan, approval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from collectors.evidence.reads.remediations import (
    RemediationFilter,
    RemediationRow,
    find_remediation,
    list_remediations,
)
from collectors.model import input_columns
from dashboard.access import Actor
from dashboard.remediation.facts import Child, Place, RemedyName, Row
from dashboard.remediation.guard import unfit_reason
from dashboard.remediation.journal.images import open_image, previewed
from dashboard.remediation.journal.ledger import done_by, needs_a_look
from dashboard.remediation.journal.orders import Order, slot_of
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.plan import (
    RemediationPlan,
    make_plan,
    refused_by_columns,
    refused_by_triggers,
)
from dashboard.remediation.remedies import REMEDIES
from dashboard.remediation.service import rights
from dashboard.remediation.service.children import (
    NOT_A_RESTORE,
    find_children,
    images_of,
    kept_children,
    refusal_for,
    same_moment,
)
from dashboard.remediation.service.earlier import already, stays_empty
from dashboard.remediation.service.gather import Case, Sources, facts_of, read_row
from dashboard.remediation.service.one_database import apart
from dashboard.remediation.service.values import Approval, Offer
from dashboard.remediation.undo import BeforeImage, plan_undo
from dashboard.remediation.writer import Writer
from dashboard.settings import WriteSettings

SAYS_NOTHING = frozenset({"t", "f", "true", "false"})
"""Key values that are no more than a word."""

_LOOKS_DONE = {
    RemedyName.RELEASE_KEY: RefusalCode.KEY_NOT_HELD,
    RemedyName.RESTORE_ROW: RefusalCode.NOT_A_TOMBSTONE,
    RemedyName.PURGE_ROW: RefusalCode.ROW_GONE,
}
"""What a row is like once a remedy has been at work on it."""

_NOT_APPLIED = {
    "running": "It is still being done: wait for its end.",
    "refused": "It was refused and changed nothing: there is nothing to take back.",
    "failed": "It ended unclear: somebody must look at the row and put it right by hand.",
    "looked-at": "It ended unclear and was looked at: it cannot be taken back from here.",
}
"""What is said to whoever wants to take back a remediation in this state."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Makes plans; writes nothing."""

    sources: Sources
    settings: WriteSettings
    writer: Callable[[str], Writer]
    clock: Callable[[], datetime]

    def offers(self, conflict_id: str, actor: Actor) -> list[Offer]:
        """Every Remedy, judged by what the reader sees."""
        refusals = self.sources.ask(conflict_id, lambda case: self._refusals(case, actor))
        if isinstance(refusals, Refusal):
            return [_offer(name, refusals) for name in REMEDIES]
        possible = (name for name, refusal in refusals.items() if refusal is None)
        best = next((name for name in possible if REMEDIES[name].has_undo), None)
        return [_offer(name, refusal, first=name is best) for name, refusal in refusals.items()]

    def afresh(
        self, conflict_id: str, remedy: RemedyName, actor: Actor, along: Sequence[str] = ()
    ) -> RemediationPlan | Refusal:
        """A plan for the row as the writer sees it now, and for what it is to take along."""

        def planned(case: Case) -> RemediationPlan | Refusal:
            if refusal := self._closed(case, actor, remedy):
                return refusal
            if refusal := self._apart(case):
                return refusal
            row = self.writer(case.place.target).look(case.place)
            if isinstance(row, Refusal):
                return row
            children: tuple[Child, ...] | Refusal = ()
            if along and remedy is not RemedyName.RESTORE_ROW:
                return NOT_A_RESTORE
            if along and row is not None:
                children = find_children(case, row, along, self.settings, self.writer)
            plan = self._plan(case, row, remedy, actor, children)
            return self._or_done_already(case, plan, remedy) if isinstance(plan, Refusal) else plan

        return self.sources.ask(conflict_id, planned)

    def approved(self, conflict_id: str, remedy: RemedyName, approval: Approval) -> Order | Refusal:
        """The approved plan, made again from the row as its Preview saw it."""

        def planned(case: Case) -> Order | Refusal:
            actor = approval.actor
            if refusal := rights.remedy_refusal(self.settings, actor, remedy, case.place):
                return refusal
            kept = previewed(self.sources.store, approval.digest, self.clock())
            if kept is None:
                text = "No Preview of this digest was made within a day: preview it first."
                return Refusal(RefusalCode.NOT_PREVIEWED, text)
            where = None if case.snapshot.is_standby else case.snapshot.where
            if where is None and (refusal := self._apart(case)):
                return refusal
            children = kept_children(case, kept.children, self.settings)
            plan = self._plan(case, kept.row, remedy, actor, children)
            order = plan if isinstance(plan, Refusal) else self._order(plan, approval, kept.done)
            return order if isinstance(order, Refusal) else replace(order, where=where)

        return self.sources.ask(conflict_id, planned)

    def back(self, remediation_id: str, actor: Actor) -> RemediationPlan | Refusal:
        """The plan that takes a remediation back."""
        done = find_remediation(self.sources.store, remediation_id)
        if done is None:
            return Refusal(RefusalCode.NOTHING_TO_UNDO, "There is no such remediation.")
        image = open_image(self.sources.store, remediation_id, self.clock())
        values = None if image is None else image.values
        return self.sources.ask(
            done.conflict_id,
            lambda case: (
                rights.standing_refusal(self.settings, actor, case.place)
                or rights.undo_refusal(actor, done)
                or self._not_undoable(done)
                or self._apart(case)
                or self._plan_back(case, image, done)
            ),
            row_id=done.row_id,
            values=values,
        )

    def approved_back(self, remediation_id: str, approval: Approval) -> Order | Refusal:
        """The approved way back."""
        plan = self.back(remediation_id, approval.actor)
        return plan if isinstance(plan, Refusal) else self._order(plan, approval)

    def _refusals(self, case: Case, actor: Actor) -> dict[RemedyName, Refusal | None] | Refusal:
        row = read_row(case.snapshot, case.place)
        if isinstance(row, Refusal):
            return row
        return {name: self._against(case, row, name, actor) for name in REMEDIES}

    def _against(
        self, case: Case, row: Row | None, remedy: RemedyName, actor: Actor
    ) -> Refusal | None:
        plan = self._closed(case, actor, remedy) or self._plan(case, row, remedy, actor)
        return self._or_done_already(case, plan, remedy) if isinstance(plan, Refusal) else None

    def _closed(self, case: Case, actor: Actor, remedy: RemedyName) -> Refusal | None:
        """Why not, before anything is asked of the row."""
        refusal = rights.remedy_refusal(self.settings, actor, remedy, case.place)
        if refusal is not None:
            return refusal
        unclear = RemediationFilter(slot=slot_of(case.place), state="failed")
        failed = next(iter(list_remediations(self.sources.store, unclear, limit=1)), None)
        return None if failed is None else needs_a_look(failed.id)

    def _plan(
        self,
        case: Case,
        row: Row | None,
        remedy: RemedyName,
        actor: Actor,
        children: tuple[Child, ...] | Refusal = (),
    ) -> RemediationPlan | Refusal:
        if row is not None and (other := refused_by_columns(case.place.table, row)):
            return other
        known = rights.triggers_known(self.settings, case.place)
        facts = facts_of(case, row, triggers_known=known)
        refusal = rights.role_refusal(actor, remedy, facts)
        if refusal is not None:
            return refusal
        if isinstance(children, Refusal):
            return children
        refusal = refusal_for(self.settings, actor, remedy, children)
        if refusal is not None:
            return refusal
        if row is not None and remedy is RemedyName.RESTORE_ROW:
            along = {child.place.table.label for child in children}
            beside = same_moment(case, row, sorted(along))
            facts = replace(facts, children=children, same_moment=beside)
        plan = make_plan(facts, remedy)
        if isinstance(plan, Refusal) or remedy is not RemedyName.RESTORE_ROW:
            return plan
        empty = stays_empty(self.sources.store, plan, self.clock())
        return replace(plan, warnings=(*plan.warnings, *empty))

    def _order(
        self, plan: RemediationPlan, approval: Approval, known: frozenset[str] = frozenset()
    ) -> Order | Refusal:
        """The plan with its Approval, if it is this plan that was approved."""
        if plan.digest != approval.digest:
            return Refusal(
                RefusalCode.CHANGED_SINCE_PREVIEW,
                "The plan is no longer the one that was approved: the table, its keys or the "
                "Conflict's row have changed. Preview it again.",
            )
        unfit = unfit_reason(approval.reason, approval.ticket, telling_values(plan))
        if unfit is not None:
            return unfit
        return Order(
            plan=plan,
            actor=str(approval.actor),
            role=approval.actor.role,
            reason=approval.reason.strip(),
            ticket=approval.ticket,
            known=known,
            approved_at=approval.at,
            undo_until=self.clock() + timedelta(days=self.settings.remediation.undo_days),
        )

    def _not_undoable(self, done: RemediationRow) -> Refusal | None:
        if done.undoes is not None:
            text = "This was an undo itself: run the remedy again instead."
        elif done.state == "undone":
            undo = find_remediation(self.sources.store, done.undone_by or "")
            return Refusal(
                RefusalCode.ALREADY_DONE, f"This was already undone {done_by(undo or done)}."
            )
        elif done.state == "applied" and not REMEDIES[RemedyName(done.remedy)].has_undo:
            text = "A purge has no undo: the row is gone, and its sealed image is evidence only."
        elif done.state != "applied":
            text = _NOT_APPLIED.get(done.state, "It was never applied.")
        else:
            return None
        return Refusal(RefusalCode.NOTHING_TO_UNDO, text)

    def _plan_back(
        self, case: Case, image: BeforeImage | None, done: RemediationRow
    ) -> RemediationPlan | Refusal:
        if image is None:
            return Refusal(
                RefusalCode.NOTHING_TO_UNDO,
                "Its before-image is no longer kept, or never was because the row was erased.",
            )
        children = images_of(case, image)
        if isinstance(children, Refusal):
            return children
        return self._refused_by_triggers(case.place, *(place for place, _ in children)) or (
            plan_undo(case.place, image, RemedyName(done.remedy), done.id, children)
        )

    def _refused_by_triggers(self, *places: Place) -> Refusal | None:
        """A trigger may be newer than what is to be taken back."""
        known = ((one.table, rights.triggers_known(self.settings, one)) for one in places)
        refusals = (refused_by_triggers(table, known=read) for table, read in known)
        return next((refusal for refusal in refusals if refusal), None)

    def _apart(self, case: Case) -> Refusal | None:
        return apart(case.snapshot, self.writer(case.place.target))

    def _or_done_already(self, case: Case, refusal: Refusal, remedy: RemedyName) -> Refusal:
        """A row that needs nothing any more because of us: who did what, and when."""
        forgotten = refusal.code is RefusalCode.NOT_SURE_ENOUGH  # its values no longer tell
        if not forgotten and refusal.code not in _LOOKS_DONE.values():
            return refusal
        wanted = RemediationFilter(slot=slot_of(case.place), state="applied")
        latest = next(iter(list_remediations(self.sources.store, wanted, limit=1)), None)
        if latest is None:
            return refusal
        if not forgotten and refusal.code is not _LOOKS_DONE[RemedyName(latest.remedy)]:
            return refusal  # somebody else has changed the row since
        return already(latest, case.place.conflict_id, remedy) or refusal


def telling_values(plan: RemediationPlan) -> list[str]:
    """What a reason may not say: the key's values, and what the key's columns hold."""
    key, columns = plan.place.key, plan.before.columns
    held = [columns.get(name) for name in input_columns(key)] if key else []
    return telling((*(plan.place.values or ()), *held))


def telling(values: Iterable[str | None]) -> list[str]:
    """Those that say more than a word."""
    found = {value for value in values if value}
    return sorted(value for value in found if value.casefold() not in SAYS_NOTHING)


def _offer(name: RemedyName, refusal: Refusal | None, *, first: bool = False) -> Offer:
    remedy = REMEDIES[name]
    return Offer(name, remedy.title, remedy.advice, refusal, first=first)
