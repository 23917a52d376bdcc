"""What is asked of a bulk, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.remediation.outcomes import Refusal


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which Conflicts: those named, else every blocked one of a key, organization, environment.

    like  a Conflict whose own they are: an index of that name in another schema is another key, and
          that it has no organization is not just any
    """

    conflict_ids: tuple[str, ...] = ()
    environment: str | None = None
    constraint: str | None = None
    organization_id: str | None = None
    like: str | None = None


@dataclass(frozen=True, slots=True)
class Excepted:
    """A Conflict that the bulk leaves as it is, and why."""

    conflict_id: str
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class BulkPreview:
    """All plans of a bulk, run for real and rolled back, under one digest.

    rows        how many would be written, in how many `batches`
    exceptions  the Conflicts that would be left as they are
    statements  one a kind of plan, values masked
    not_undoable  how many of the rows keep nothing to be taken back with
    """

    bulk_id: str
    digest: str
    remedy: str
    target: str
    rows: int
    batches: int
    exceptions: tuple[Excepted, ...]
    statements: tuple[str, ...]
    warnings: tuple[str, ...]
    not_undoable: int
    took_ms: int
    undoes: str | None = None


@dataclass(frozen=True, slots=True)
class BulkRefused:
    """Nothing was begun, and why."""

    refusal: Refusal


@dataclass(frozen=True, slots=True)
class BulkEnded:
    """How far a bulk came.

    stopped      why it did not come to its end; it can go on
    unreachable  that was because its Target did not answer any more
    """

    bulk_id: str
    applied: int
    refused: int
    failed: int
    waiting: int
    exceptions: tuple[Excepted, ...]
    stopped: str | None = None
    unreachable: bool = False


Progress = Callable[[int, int], None]
"""Told after each batch: how many rows are dealt with, of how many."""
