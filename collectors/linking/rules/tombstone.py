"""BLOCKED_BY_TOMBSTONE: a row that was soft-deleted before the Event held the key, and still does.

Speaks only if the key counts deleted rows, then and now. CERTAIN if the deletion is clearly before
the Event; LIKELY if it is closer than the clocks can tell, or if its time is not recorded. A row
deleted clearly later was live then, unless an earlier look of ours saw it in the way.
It cannot know that a deleted row was given the value afterwards; nothing but an undo does that.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, When
from collectors.linking.memory import proof, row_today
from collectors.linking.words import born, failed, table_of, utc
from collectors.model import Confidence, Finding, Holder, Verdict

NAME = "tombstone"


def tombstone(case: Case) -> Ruling | None:
    """Blame a Tombstone that stands in the way."""
    row, question = case.subject, case.question
    if row is None or not row.deleted or not (question.counted_then and question.counts_now):
        return None
    seen = proof(case)
    blocker = case.earlier.blocker if case.earlier else None
    known = blocker is not None and row_today(case, blocker) == row
    deleted = case.when_deleted(row.row.deleted_at)
    if (seen and not known) or (deleted is When.AFTER and not seen):
        return None
    sure = deleted is When.BEFORE and case.when_created(row.created_at) is not When.AROUND
    findings = (_holds(case, row, deleted), *_erased(row))
    confidence = Confidence.CERTAIN if sure else Confidence.LIKELY
    return Ruling(findings, Verdict.BLOCKED_BY_TOMBSTONE, confidence, row.row, row)


def _holds(case: Case, row: Holder, deleted: When) -> Finding:
    time, at = utc(row.row.deleted_at), utc(case.at)
    event = f"{failed(case)} ({at})"
    endings = {
        When.BEFORE: f"it was soft-deleted on {time}, before {event}",
        When.AROUND: f"it was soft-deleted on {time}, too close to tell whether before or after "
        f"{event}",
        When.UNKNOWN: "it is soft-deleted, but when that happened is not recorded; "
        f"{failed(case)} on {at}",
        When.AFTER: f"its deletion is dated {time}, after {event}, but an "
        "earlier look saw it in the way",
    }
    reason = f"A row of {table_of(case)}, {born(row)}, still holds the unique key: "
    return Finding(NAME, f"{reason}{endings[deleted]}.")


def _erased(row: Holder) -> tuple[Finding, ...]:
    if not row.erased:
        return ()
    reason = "The row was erased or anonymized: its key may be released, the row never restored."
    return (Finding(NAME, reason),)
