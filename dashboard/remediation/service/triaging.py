"""What support may do short of a remedy: ask the Targets live, and keep a ticket's reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from collectors.evidence.database import Store
from collectors.evidence.privacy import mask
from collectors.evidence.reads.conflicts import find_conflict
from collectors.evidence.reads.organizations import organizations_meant
from collectors.evidence.reads.remediations import key_values
from collectors.evidence.triaged import TicketRow, keep_ticket
from dashboard.access import Actor, Role
from dashboard.remediation.guard import unfit_reason
from dashboard.remediation.journal import Kind, Line, recording
from dashboard.remediation.outcomes import Refusal, RefusalCode

LONGEST_TICKET = 100


@dataclass(frozen=True, slots=True)
class Triager:
    """Checks who asks, and writes it down first."""

    store: Store
    clock: Callable[[], datetime]

    def note_look_up(
        self, values: Sequence[str], organizations: Sequence[str], actor: Actor
    ) -> Refusal | None:
        """Journal that somebody asks the Targets about these values, masked; or why they may not.

        The answer tells whether a customer exists, so a viewer does not get one. An organization
        that nobody knows may be anything that the text calls one: a person's name, an external ID.
        """
        known = organizations_meant(self.store, organizations)
        whose = [one if one in known else mask(one) for one in organizations]
        body = {"values": [mask(value) for value in values], "organizations": whose}
        refusal = _refusal(actor, "asks no database")
        with recording(self.store) as line:
            if refusal is None:
                line.append(Line(Kind.LOOK_UP, self.clock(), str(actor), actor.role, body))
            else:
                said = {"asked": "look-up", "code": refusal.code, "said": refusal.text}
                line.append(Line(Kind.REFUSED, self.clock(), str(actor), actor.role, said))
        return refusal

    def keep_ticket(self, conflict_id: str, ticket: str, actor: Actor) -> Refusal | None:
        """Keep a ticket's reference with a Conflict; None, or why not."""
        refusal = _refusal(actor, "keeps no ticket")
        if refusal is None and find_conflict(self.store, conflict_id) is None:
            refusal = Refusal(RefusalCode.UNKNOWN_CONFLICT, "There is no such Conflict.")
        if refusal is None and not 0 < len(ticket.strip()) <= LONGEST_TICKET:
            text = f"A ticket's reference has 1 to {LONGEST_TICKET} characters."
            refusal = Refusal(RefusalCode.REASON_MISSING, text)
        if refusal is None:
            values = key_values(self.store, conflict_id) or ()
            refusal = unfit_reason("a ticket", ticket, values)
        if refusal is None:
            kept = TicketRow(ticket.strip(), str(actor), self.clock())
            keep_ticket(self.store, conflict_id, kept)
        return refusal


def _refusal(actor: Actor, what: str) -> Refusal | None:
    if actor.role.is_at_least(Role.SUPPORT):
        return None
    return Refusal(RefusalCode.ROLE_MAY_NOT, f"A {actor.role} looks at what is stored, and {what}.")
