"""What asks a Target, or acts on one: never kept."""

from __future__ import annotations

from dataclasses import dataclass

from collectors import explain
from collectors.evidence.database import Store
from collectors.evidence.reads import remediations
from collectors.evidence.reads.remediations import RemediationFilter, RemediationRow
from collectors.explain import LiveLook, SearchAnswer
from dashboard.data.held import actor, answered, inquiry, opened, remediation, remembered
from dashboard.data.triage import ATTEMPTS_SHOWN
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Outcome, Refused
from dashboard.remediation.service import Approval, Offer, Preview


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What somebody confirmed in a dialog; who they are is asked again when it is done."""

    digest: str
    reason: str
    ticket: str | None


def search(text: str) -> SearchAnswer:
    """The Conflicts a pasted text means; asks the Targets, so it is never kept."""
    with inquiry() as asked:
        return answered(explain.search, asked, opened().store, text)


def still_blocked(conflict_id: str) -> LiveLook:
    """Whether the key is held right now."""
    with inquiry() as asked:
        return answered(explain.still_blocked, asked, opened().store, conflict_id)


def offers(conflict_id: str) -> list[Offer]:
    """Every Remedy for a Conflict, possible or not; asks the Target."""
    return answered(remediation().offers, conflict_id, actor())


def preview(conflict_id: str, remedy: RemedyName) -> Preview | Refused:
    """What a Remedy would do: run for real, and rolled back."""
    return answered(remediation().preview, conflict_id, remedy, actor())


def apply(conflict_id: str, remedy: RemedyName, order: Confirmed) -> Outcome:
    """Do what was previewed, and nothing else."""
    return answered(remediation().apply, conflict_id, remedy, _approval(order))


def undo_preview(remediation_id: str) -> Preview | Refused:
    """What taking a remediation back would do."""
    return answered(remediation().undo_preview, remediation_id, actor())


def undo(remediation_id: str, order: Confirmed) -> Outcome:
    """Take a remediation back as previewed."""
    return answered(remediation().undo, remediation_id, _approval(order))


def remediations_of(conflict_id: str) -> list[RemediationRow]:
    """What was done, or tried, for a Conflict, newest first."""
    return remembered(_remediations_of, conflict_id)


def _approval(order: Confirmed) -> Approval:
    return Approval(actor(), order.digest, order.reason, order.ticket)


def _remediations_of(store: Store, conflict_id: str) -> list[RemediationRow]:
    wanted = RemediationFilter(conflict_id=conflict_id)
    return remediations.list_remediations(store, wanted, limit=ATTEMPTS_SHOWN)
