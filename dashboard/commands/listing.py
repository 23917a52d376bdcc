"""`conflicts` and `failures`: what the store holds."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from collectors.evidence.reads.conflicts import ConflictFilter, list_conflicts
from collectors.evidence.reads.failures import FailureFilter, iter_failures
from collectors.model import Verdict
from dashboard.commands.opening import our_store
from dashboard.output import (
    conflict_json,
    failure_json,
    print_json,
    print_json_lines,
    print_table,
)

T = TypeVar("T")


def show_conflicts(verdict: Verdict | None, environment: str | None, *, as_json: bool) -> None:
    """A list on stdout."""
    wanted = ConflictFilter(environments=_only(environment), verdicts=_only(verdict))
    found = list_conflicts(our_store(), wanted)
    if as_json:
        print_json([conflict_json(conflict) for conflict in found])
        return
    headings = ("ID", "VERDICT", "SURE", "ENVIRONMENT", "TABLE", "KEY", "FAILURES", "LAST SEEN")
    print_table(
        headings,
        (
            (
                conflict.id,
                conflict.verdict,
                conflict.confidence,
                conflict.environment,
                conflict.table,
                ", ".join(conflict.masked_key),
                conflict.failures,
                conflict.last_seen,
            )
            for conflict in found
        ),
    )


def show_failures(
    environment: str | None,
    since: datetime | None,
    verdict: Verdict | None,
    conflict: str | None,
    *,
    as_json: bool,
) -> None:
    """One object a line, or a table."""
    wanted = FailureFilter(
        environments=_only(environment),
        verdicts=_only(verdict),
        since=since,
        conflict_id=conflict,
    )
    found = iter_failures(our_store(), wanted)
    if as_json:
        print_json_lines(map(failure_json, found))
        return
    headings = ("OCCURRED AT", "ENVIRONMENT", "VERDICT", "OPERATION", "RELEASE", "CONFLICT", "WHY")
    print_table(
        headings,
        (
            (
                failure.occurred_at,
                failure.environment,
                failure.verdict,
                failure.operation,
                failure.release,
                failure.conflict_id,
                failure.reasons[0] if failure.reasons else None,
            )
            for failure in found
        ),
    )


def _only(value: T | None) -> tuple[T, ...]:
    return () if value is None else (value,)
