"""What a plan changes, without customer data: for a Preview, and for the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collectors.model import Column
from dashboard.remediation.facts import Row
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


def changed_beside(plans: Sequence[RemediationPlan], rows: Sequence[Row | None]) -> tuple[str, ...]:
    """What the database itself changed in the rows of a Preview, beside what is written to them.

    The first plan is the row's own, the others are of what is restored along with it.
    """
    found: dict[bool, list[str]] = {False: [], True: []}
    for plan, after in zip(plans, rows, strict=True):
        label = "" if plan is plans[0] else f"{plan.table.label}."
        for column in _changed_by_itself(plan, after):
            found[column.generated].append(f"{label}{column.name}")
    said = {
        "Triggers change this too, and no undo puts it back": found[False],
        "Computed from what is written, and changed with it": found[True],
    }
    return tuple(
        f"{what}: {', '.join(dict.fromkeys(names))}." for what, names in said.items() if names
    )


def _changed_by_itself(plan: RemediationPlan, after: Row | None) -> list[Column]:
    if after is None:
        return []
    before, written = plan.before.columns, {change.column for change in plan.changes}
    return [
        column
        for column in plan.table.columns
        if column.name not in written and after.columns[column.name] != before[column.name]
    ]
