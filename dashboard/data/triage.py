"""What Triage and the Conflict page ask of the store."""

from __future__ import annotations

from typing import Any

from collectors.evidence.database import Store
from collectors.evidence.reads import conflicts, failure_counts, failures, runs, tallies
from collectors.evidence.reads.conflicts import (
    ConflictFilter,
    ConflictRow,
    Order,
    Position,
    VerdictChange,
)
from collectors.evidence.reads.failures import FailureFilter, FailureRow
from collectors.evidence.reads.runs import RunRow
from collectors.model import Verdict
from collectors.targets import mappings
from dashboard.data.held import answered, opened, remembered

PAGE = 25
QUEUE_PAGE = 10
ATTEMPTS_SHOWN = 200


def conflicts_page(
    wanted: ConflictFilter, after: Position | None, order: Order
) -> list[ConflictRow]:
    """A page of Conflicts, with one row more if there is another page."""
    return remembered(_conflicts, wanted, after, order)


def counts(wanted: ConflictFilter) -> dict[Verdict, int]:
    """How many Conflicts stand at each Verdict."""
    return remembered(conflicts.count_by_verdict, wanted)


def organizations_blocked(wanted: ConflictFilter) -> int:
    """How many organizations have such a Conflict that is blocked now."""
    return remembered(tallies.organizations_blocked, wanted)


def failures_count(wanted: FailureFilter) -> int:
    """How many Failures match."""
    return remembered(failure_counts.count_failures, wanted)


def queue_page(wanted: FailureFilter, after: tuple[Any, str] | None) -> list[FailureRow]:
    """A page of Failures to work through, newest first, with one more if there is another page."""
    return remembered(_failures, wanted, after)


def conflict(conflict_id: str) -> ConflictRow | None:
    """One Conflict."""
    return remembered(conflicts.find_conflict, conflict_id)


def failures_of(conflict_id: str) -> list[FailureRow]:
    """The newest ATTEMPTS_SHOWN Failures of a Conflict."""
    return remembered(_failures_of, conflict_id)


def verdict_changes(conflict_id: str) -> list[VerdictChange]:
    """How its Verdict changed, oldest first."""
    return remembered(conflicts.verdict_changes, conflict_id)


def last_run() -> RunRow | None:
    """The newest Run. Read afresh: a Run that only starts does not change the generation."""
    return answered(runs.last_run, opened().store)


def organization_column(conflict: ConflictRow) -> str | None:
    """Which column of the Conflict's table names the organization; None if nobody told us."""
    target = opened().settings.targets.get(conflict.target)
    told = mappings(target) if target else {}
    table = told.get(f"{conflict.schema}.{conflict.table}") or told.get(conflict.table)
    return table.organization if table else None


def _conflicts(
    store: Store, wanted: ConflictFilter, after: Position | None, order: Order
) -> list[ConflictRow]:
    return conflicts.list_conflicts(store, wanted, after=after, limit=PAGE + 1, order=order)


def _failures(
    store: Store, wanted: FailureFilter, after: tuple[Any, str] | None
) -> list[FailureRow]:
    return failures.list_failures(store, wanted, after=after, limit=QUEUE_PAGE + 1)


def _failures_of(store: Store, conflict_id: str) -> list[FailureRow]:
    wanted = FailureFilter(conflict_id=conflict_id)
    return failures.list_failures(store, wanted, limit=ATTEMPTS_SHOWN)
