"""What is handed in at the door and out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from dashboard.access import Actor
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.guard import shown
from dashboard.remediation.outcomes import Refusal
from dashboard.remediation.plan import RemediationPlan

GONE = "(gone)"


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
class ShownChange:
    """One column before and after, without customer data."""

    column: str
    before: str
    after: str


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
        return tuple(statement.shown for statement in self.plan.statements)

    @classmethod
    def of(cls, plan: RemediationPlan, took_ms: int) -> Preview:
        """The Preview of a plan that could be run; of a purge, all that the row holds."""
        seen = plan.before.columns
        if plan.goal.gone:
            gone = tuple(
                ShownChange(name, shown(plan.table, name, text), GONE)
                for name, text in seen.items()
                if text is not None
            )
            return cls(plan, gone, plan.cannot_take_back, took_ms)
        changes = tuple(
            ShownChange(
                change.column,
                shown(plan.table, change.column, seen[change.column]),
                change.shown,
            )
            for change in plan.changes
        )
        return cls(plan, changes, plan.cannot_take_back, took_ms)
