"""BLOCKED_BY_LEFTOVER: a row without a mark of its own holds the key though its parent was deleted.

Speaks if the parent's deletion is not clearly after the Event. The row may itself have been deleted
since, as long as the key counts it. It cannot see whether the row was restored or took the value
since the Event, so it is LIKELY, unless the printed key says that the Holder was live.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, When
from collectors.linking.words import born, failed, later_life, other_histories, table_of, utc
from collectors.model import Confidence, Finding, Holder, RowRef, Verdict

NAME = "leftover"


def leftover(case: Case) -> Ruling | None:
    """Blame a live row that a deleted parent left behind."""
    row = case.subject
    parent = outlived(case, row)
    if row is None or parent is None or not case.holds_now(row):
        return None
    said = (
        f"A row of {table_of(case)}, {born(row)}, holds the unique key although what it belongs "
        f"to, in {parent.table}, {_deletion(case, parent)}."
    )
    reason = said + later_life(case, row) + other_histories(case)
    sure = (
        case.question.holder_was_live is True
        and case.when_parent_deleted(parent) is When.BEFORE
        and case.when_created(row.created_at) is When.BEFORE
    )
    confidence = Confidence.CERTAIN if sure else Confidence.LIKELY
    finding = (Finding(NAME, reason),)
    return Ruling(finding, Verdict.BLOCKED_BY_LEFTOVER, confidence, row.row, row)


def _deletion(case: Case, parent: RowRef) -> str:
    """Of a parent that was deleted no later than the Event, as far as the clocks can tell."""
    when = case.when_parent_deleted(parent)
    if when is When.UNKNOWN:
        return "is soft-deleted, but when that happened is not recorded"
    near = f", too close to tell whether before or after {failed(case)}"
    return f"was soft-deleted on {utc(parent.deleted_at)}{near if when is When.AROUND else ''}"


def outlived(case: Case, row: Holder | None) -> RowRef | None:
    """The parent whose deletion the row has outlived; None if that came after the Event."""
    if row is None or row.parent is None:
        return None
    deleted_later = case.when_parent_deleted(row.parent) is When.AFTER
    return None if deleted_later else row.parent
