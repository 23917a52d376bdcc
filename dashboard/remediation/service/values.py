"""What is handed in at the door and out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from dashboard.access import Actor
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Refusal
from dashboard.remediation.plan import RemediationPlan
from dashboard.remediation.showing import ShownChange, shown_changes


@dataclass(frozen=True, slots=True)
class Approval:
    """Who confirmed which plan, when and why. `ticket` is a reference, such as `SUP-4711`."""

    actor: Actor
    digest: str
    reason: str
    ticket: str | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Offer:
    """One Remedy for a Conflict: possible, or `refusal` says why not.

    `first` marks the one to offer first; `why` says when to choose it.
    """

    remedy: RemedyName
    title: str
    why: str
    refusal: Refusal | None = None
    first: bool = False

    @property
    def possible(self) -> bool:
        """Nothing that is known speaks against it."""
        return self.refusal is None


@dataclass(frozen=True, slots=True)
class Preview:
    """A plan that was run for real and rolled back: harmless, but for `cannot_take_back`."""

    plan: RemediationPlan
    changes: tuple[ShownChange, ...]
    cannot_take_back: tuple[str, ...]
    took_ms: int

    @property
    def statements(self) -> tuple[str, ...]:
        """The SQL, with customer data masked."""
        return tuple(statement.shown for statement in self.plan.every_statement)

    @classmethod
    def of(cls, plan: RemediationPlan, took_ms: int) -> Preview:
        """The Preview of a plan that could be run; of a purge, all that the row holds."""
        return cls(plan, shown_changes(plan), plan.cannot_take_back, took_ms)
