"""The numbers at the top of Triage, each the answer to one question."""

from __future__ import annotations

from collectors.model import BLOCKED_VERDICTS, Verdict
from dashboard import data
from dashboard.components import number
from dashboard.components.filters import Filters
from dashboard.text import organizations_of


def show(filters: Filters) -> None:
    """Four numbers, with what each counts on hover."""
    open_now = sum(data.counts(filters.conflicts(*BLOCKED_VERDICTS)).values())
    undecided = data.failures_count(filters.failures(Verdict.UNDECIDED))
    window = filters.window()
    with number.row():
        number.show(
            "Blocked now",
            f"{open_now:,}",
            "Conflicts whose key a deleted row, or a leftover of one, still holds. Each keeps "
            f"one customer of one organization out. Source: the store; last failed {window}.",
        )
        number.show(
            "Organizations hurt",
            organizations_of(data.organizations_blocked(filters.conflicts()), open_now),
            "Organizations with at least one Conflict that is blocked now. One whose "
            f"organization is not known is not counted. Source: the store; last failed {window}.",
        )
        number.show(
            "Failures",
            f"{data.failures_count(filters.failures()):,}",
            f"Failed creates, updates, deletes and restores of any kind, {window}. Sentry's "
            "clients may drop repeats, so there were at least as many. Source: the store.",
        )
        number.show(
            "Undecided",
            f"{undecided:,}",
            f"Failures that cannot be judged yet, {window}. They have a queue of their own. "
            "Source: the store.",
        )
