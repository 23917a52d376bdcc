"""An approved plan, step by step: intent, lock, re-check, apply, count, commit, verify, Outcome."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from collectors.errors import TargetUnreachable, UsageError
from collectors.evidence.database import Store
from collectors.evidence.reads.remediations import RemediationRow, find_remediation
from collectors.evidence.trouble import store_trouble
from dashboard.remediation import guard
from dashboard.remediation.facts import Place
from dashboard.remediation.journal import recording
from dashboard.remediation.journal.ledger import (
    Busy,
    Superseded,
    claim,
    done_by,
    note_committing,
)
from dashboard.remediation.journal.orders import Order
from dashboard.remediation.journal.owner import is_gone, this_process
from dashboard.remediation.outcomes import (
    Difference,
    Failed,
    Outcome,
    Refusal,
    RefusalCode,
    Refused,
    Step,
)
from dashboard.remediation.plan import RemediationPlan
from dashboard.remediation.service import settlement
from dashboard.remediation.service.one_database import APART
from dashboard.remediation.writer import Announce, EndUnknown, Limits, Writer, Written

POLL_S = 0.05
MARGIN = timedelta(seconds=30)

_NOT_WRITTEN_DOWN = "It was committed, and our store cannot take down how it ended"
_YET = "It is settled, and told to the Conflict, as soon as the store can be written."

_at_work: set[str] = set()
"""The remediations that this process has in hand just now, whoever asked for them."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Carries out plans on one Target."""

    store: Store
    writer: Writer
    limits: Limits
    announce: Announce
    clock: Callable[[], datetime]

    def run(self, order: Order) -> Outcome:
        """Journal the intent, lock, re-check, apply, count, commit, verify, journal the Outcome."""
        claimed = self._claim(order)
        if isinstance(claimed, Refusal):
            return Refused(claimed)
        try:
            self.announce(Step.INTENT)
            outcome = self._apply(order, claimed)
        finally:
            _at_work.discard(claimed)
        self.announce(Step.OUTCOME)
        return outcome

    def settle(self, place: Place | Refusal, done: RemediationRow) -> Outcome | None:
        """Find out how an abandoned remediation ended; None where it is not over, or unknown yet.

        `place` may say why its row has none any more. Raises TargetUnreachable.
        """
        if done.xid is None:
            return settlement.settle_uncommitted(self.store, done.id, self.clock())
        if isinstance(place, Refusal):
            return settlement.settle_unplaced(self.store, self.writer, place, done, self.clock())
        return settlement.settle_by_database(self.store, self.writer, place, done, self.clock())

    def is_abandoned(self, done: RemediationRow) -> bool:
        """Whether nobody is at work on it any more."""
        if done.id in _at_work:
            return False
        if done.owner == this_process() or is_gone(done.owner):
            return True
        return self.clock() - done.started_at > 3 * self._patience + MARGIN

    @property
    def _patience(self) -> timedelta:
        limits = self.limits
        return timedelta(milliseconds=limits.lock_timeout_ms + limits.statement_timeout_ms)

    def _claim(self, order: Order) -> str | Refusal:
        """The remediation's id, once no other plan for the row is running."""
        deadline = time.monotonic() + (self._patience + MARGIN).total_seconds()
        while True:
            try:
                with recording(self.store) as line:
                    claimed = claim(line, order, self.clock())
                    if isinstance(claimed, str):
                        _at_work.add(claimed)
                    return claimed
            except Busy as busy:
                running = self._awaited(order.plan.place, busy.remediation_id, deadline)
            if running is not None:
                return Refusal(
                    RefusalCode.BEING_DONE, f"Something is being done {done_by(running)}."
                )

    def _awaited(self, place: Place, remediation_id: str, deadline: float) -> RemediationRow | None:
        """Wait for another plan to end; the plan itself if it does not end in time."""
        while True:
            running = find_remediation(self.store, remediation_id)
            if running is None or running.state != "running":
                return None
            if self.is_abandoned(running) and self.settle(place, running) is not None:
                return None
            if time.monotonic() > deadline:
                return running
            time.sleep(POLL_S)

    def _apply(self, order: Order, remediation_id: str) -> Outcome:
        def before_commit(written: Written) -> None:
            with recording(self.store) as line:
                note_committing(
                    line,
                    order,
                    remediation_id,
                    xid=written.xid,
                    after=written.after,
                    horizon=written.horizon,
                    now=self.clock(),
                    children=[child.after for child in written.children],
                )

        try:
            written = self.writer.apply(
                order.plan,
                remediation_id,
                before_commit,
                self.announce,
                lambda begun: None if order.where in (None, begun) else APART,
            )
        except EndUnknown:
            return self._end_unknown(order, remediation_id)
        except Superseded:
            return Refused(self._called_off(remediation_id), remediation_id)
        except TargetUnreachable as error:
            written = Refusal(RefusalCode.UNREACHABLE, str(error))
        if isinstance(written, Refusal):
            return settlement.close_refused(self.store, remediation_id, written, self.clock())
        try:
            return self._conclude(order, remediation_id, written)
        except UsageError as error:  # of another version now, or another file
            return Failed(remediation_id, f"{_NOT_WRITTEN_DOWN}: {error}")
        except Exception as error:
            if (said := store_trouble(error)) is None:
                raise
            return Failed(remediation_id, f"{_NOT_WRITTEN_DOWN}: {said}. {_YET}", settles=True)

    def _conclude(self, order: Order, remediation_id: str, written: Written) -> Outcome:
        """Verified on the writer's own connection, journalled, and told to the Conflict."""
        self.announce(Step.VERIFIED)
        plan = order.plan
        pairs = [(plan, written), *zip(plan.children, written.children, strict=True)]
        missed = [(its, one) for its, one in pairs if not guard.reached(its, one.found)]
        if missed:
            difference = _difference(*missed[0])
            text = "It was committed, and the row is not as it was left: somebody changed it since."
            now = self.clock()
            return settlement.close_failed(self.store, remediation_id, text, difference, now)
        done = find_remediation(self.store, remediation_id)
        assert done is not None
        body = {"verified": True, "after": plan.after}
        return settlement.close_applied(self.store, done, self.clock(), body)

    def _called_off(self, remediation_id: str) -> Refusal:
        """Who settled it, or had somebody forgotten, has said why."""
        done = find_remediation(self.store, remediation_id)
        text = (done and done.said) or "It took too long and was called off."
        return Refusal(RefusalCode.INTERRUPTED, text)

    def _end_unknown(self, order: Order, remediation_id: str) -> Outcome:
        done = find_remediation(self.store, remediation_id)
        assert done is not None
        try:
            outcome = self.settle(order.plan.place, done)
        except TargetUnreachable:
            outcome = None
        return outcome or Failed(
            remediation_id,
            "The database did not say how the COMMIT ended, or did not show the row afterwards. "
            "Whether it was done will be settled as soon as it answers.",
            settles=True,
        )


def _difference(plan: RemediationPlan, written: Written) -> tuple[Difference, ...]:
    if written.found is None or written.after is None:
        return ()
    return guard.differences(plan.table, written.after, written.found)
