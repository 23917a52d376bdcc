"""What a plan changes, without customer data: for a Preview, and for the journal."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.remediation.guard import shown
from dashboard.remediation.plan import RemediationPlan

GONE = "(gone)"


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One column before and after, without customer data."""

    column: str
    before: str
    after: str


def shown_changes(plan: RemediationPlan) -> tuple[ShownChange, ...]:
    """Every column that it writes; of a purge, all that the row holds."""
    seen = plan.before.columns
    if plan.goal.gone:
        return tuple(
            ShownChange(name, shown(plan.table, name, text), GONE)
            for name, text in seen.items()
            if text is not None
        )
    return tuple(
        ShownChange(
            change.column, shown(plan.table, change.column, seen[change.column]), change.shown
        )
        for change in plan.changes
    )
