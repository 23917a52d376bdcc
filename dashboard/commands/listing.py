"""`conflicts` and `failures`: what the store holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from collectors.evidence.reads.conflicts import ConflictFilter, find_conflict, iter_conflicts
from collectors.evidence.reads.failures import (
    FailureFilter,
    iter_failures,
    known_environments,
)
from collectors.model import Verdict
from dashboard.commands.opening import our_store
from dashboard.output import (
    conflict_json,
    failure_json,
    print_json_lines,
    print_json_list,
    print_table,
    say,
)

T = TypeVar("T")

LISTED = 500
"""The most lines of a table; JSON has them all."""


def say_unknown(environment: str | None) -> None:
    """On stderr, why nothing of an environment is shown: its name may be misspelt."""
    if environment and environment not in known_environments(our_store()):
        say(f"Nothing of the environment {environment} was ever stored.")


def show_conflicts(verdict: Verdict | None, environment: str | None, *, as_json: bool) -> None:
    """A list on stdout."""
    say_unknown(environment)
    wanted = ConflictFilter(environments=_only(environment), verdicts=_only(verdict))
    found = iter_conflicts(our_store(), wanted, limit=None if as_json else LISTED + 1)
    if as_json:
        print_json_list(map(conflict_json, found))
        return
    headings = ("ID", "VERDICT", "SURE", "ENVIRONMENT", "TABLE", "KEY", "FAILURES", "LAST SEEN")
    _print_newest(
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
    say_unknown(environment)
    if conflict and find_conflict(our_store(), conflict) is None:
        say(f"There is no Conflict {conflict}.")
    wanted = FailureFilter(
        environments=_only(environment),
        verdicts=_only(verdict),
        since=since,
        conflict_id=conflict,
    )
    found = iter_failures(our_store(), wanted, limit=None if as_json else LISTED + 1)
    if as_json:
        print_json_lines(map(failure_json, found))
        return
    headings = ("OCCURRED AT", "ENVIRONMENT", "VERDICT", "OPERATION", "RELEASE", "CONFLICT", "WHY")
    _print_newest(
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


def _print_newest(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """As many as a person reads: what sets a table needs all its rows at once."""
    found = list(rows)
    print_table(headings, found[:LISTED])
    if len(found) > LISTED:
        say(f"Listed are the newest {LISTED:,}, and there are more; --json tells them all.")


def _only(value: T | None) -> tuple[T, ...]:
    return () if value is None else (value,)
