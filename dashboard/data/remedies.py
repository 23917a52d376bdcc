"""What asks a Target, or acts on one: never kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collectors import explain
from collectors.evidence import triaged
from collectors.evidence.database import Store
from collectors.evidence.reads import remediations
from collectors.evidence.reads.remediations import RemediationFilter, RemediationRow
from collectors.evidence.triaged import TicketRow
from collectors.explain import LiveAnswer, LiveLook, SearchAnswer
from dashboard.data.held import actor, answered, inquiry, opened, remediation, remembered
from dashboard.data.triage import ATTEMPTS_SHOWN
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Outcome, Refusal, Refused
from dashboard.remediation.service import Approval, Offer, Preview
from dashboard.remediation.service.bulk import (
    BulkEnded,
    BulkPreview,
    BulkRefused,
    Chosen,
    Progress,
)
from dashboard.remediation.service.revealing import Revealed


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


def ask_live(text: str) -> LiveAnswer | Refusal | None:
    """What the Targets say of a text right now, journalled first; None: it names nothing to ask."""
    sought = answered(explain.wanted, opened().store, text)
    if not sought.can_be_asked:
        return None
    whose = sought.organizations or sought.unknown
    refusal = answered(remediation().triage.note_look_up, sought.values, whose, actor())
    if refusal is not None:
        return refusal
    with inquiry() as asked:
        return answered(explain.ask, asked, opened().store, sought)


def keep_ticket(conflict_id: str, ticket: str) -> Refusal | None:
    """Keep a ticket's reference with a Conflict; None, or why not."""
    return answered(remediation().triage.keep_ticket, conflict_id, ticket, actor())


def tickets_of(conflict_id: str) -> list[TicketRow]:
    """The tickets that a Conflict was met in."""
    return remembered(triaged.tickets_of, conflict_id)


def still_blocked(conflict_id: str) -> LiveLook:
    """Whether the key is held right now."""
    with inquiry() as asked:
        return answered(explain.still_blocked, asked, opened().store, conflict_id)


def offers(conflict_id: str) -> list[Offer]:
    """Every Remedy for a Conflict, possible or not; asks the Target."""
    return answered(remediation().offers, conflict_id, actor())


def preview(conflict_id: str, remedy: RemedyName, along: Sequence[str] = ()) -> Preview | Refused:
    """What a Remedy would do: run for real, and rolled back."""
    return answered(remediation().preview, conflict_id, remedy, actor(), along)


def apply(conflict_id: str, remedy: RemedyName, order: Confirmed) -> Outcome:
    """Do what was previewed, and nothing else."""
    return answered(remediation().apply, conflict_id, remedy, _approval(order))


def undo_preview(remediation_id: str) -> Preview | Refused:
    """What taking a remediation back would do."""
    return answered(remediation().undo_preview, remediation_id, actor())


def undo(remediation_id: str, order: Confirmed) -> Outcome:
    """Take a remediation back as previewed."""
    return answered(remediation().undo, remediation_id, _approval(order))


def reopen(remediation_id: str, reason: str) -> Refusal | None:
    """Somebody has looked at what ended unclear; None, or why it stays closed."""
    return answered(remediation().reopen, remediation_id, actor(), reason)


def reveal(conflict_id: str) -> Revealed | Refusal:
    """The key's values in clear, for who may see them; journalled first."""
    return answered(remediation().reveal, conflict_id, actor())


def bulk_preview(chosen: Chosen) -> BulkPreview | BulkRefused:
    """Every release of the choice, run for real and rolled back."""
    return answered(remediation().bulk.preview, chosen, RemedyName.RELEASE_KEY, actor())


def bulk_undo_preview(bulk_id: str) -> BulkPreview | BulkRefused:
    """The same for taking a bulk back."""
    return answered(remediation().bulk.undo_preview, bulk_id, actor())


def bulk_apply(order: Confirmed, progress: Progress) -> BulkEnded | BulkRefused:
    """Do, or take back, what was previewed; `progress` is told after each batch."""
    return answered(remediation().bulk.apply, _approval(order), progress)


def remediations_of(conflict_id: str) -> list[RemediationRow]:
    """What was done, or tried, for a Conflict, newest first."""
    return remembered(_remediations_of, conflict_id)


def _approval(order: Confirmed) -> Approval:
    return Approval(actor(), order.digest, order.reason, order.ticket)


def _remediations_of(store: Store, conflict_id: str) -> list[RemediationRow]:
    wanted = RemediationFilter(conflict_id=conflict_id)
    return remediations.list_remediations(store, wanted, limit=ATTEMPTS_SHOWN)
