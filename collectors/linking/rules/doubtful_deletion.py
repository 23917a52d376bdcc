"""UNDECIDED, or a remark: whether the row in the way is deleted is not known for sure.

Speaks when its table has several marks of deletion, and they contradict each other; when its only
mark has a value that no mark has (a column `deleted` that counts, a flag with a third state); when
its time of deletion is none (`infinity`, or the year 9999, is how many say that a row is live); and
when we saw it as a Tombstone, and the table has no mark that we know any more. Where the leading
mark says "deleted", another one that was forgotten limits the confidence only.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, remark, undecided
from collectors.linking.memory import row_today, was_tombstone
from collectors.linking.words import table_of
from collectors.model import Confidence, Holder, MarkerKind

NAME = "doubtful_deletion"


def doubtful_deletion(case: Case) -> Ruling | None:
    """Call no row deleted, nor live, of which its own columns leave it open."""
    if _unmarked(case):
        reason = (
            f"The table {table_of(case)} has no mark of deletion known to us any more: whether the "
            "row that we saw in the way is still deleted is not known."
        )
        return undecided(NAME, reason, case.candidates)
    row = case.subject
    if row is None:
        return None
    if _never_deleted(case, row):
        reason = (
            "The time of deletion of the row in the way is none (infinity, or the year 9999): "
            "whether it is deleted is not known."
        )
        return undecided(NAME, reason, case.candidates)
    if not row.contradicted:
        return None
    if _alone(case):
        reason = (
            f"The mark of deletion of the row in the way ({_marks(case)}) has a value that means "
            "neither live nor deleted to us. The settings can say what it means, as the table's "
            "marker."
        )
        return undecided(NAME, reason, case.candidates)
    reason = f"The marks of deletion of the row in the way contradict each other ({_marks(case)})."
    if row.deleted:
        return remark(NAME, reason, Confidence.LIKELY)
    named = "The settings can name the one that counts, as the table's marker."
    return undecided(NAME, f"{reason} {named}", case.candidates)


def _unmarked(case: Case) -> bool:
    table, earlier = case.question.table, case.earlier
    if table is None or table.marker is not None or earlier is None or earlier.blocker is None:
        return False
    there = row_today(case, earlier.blocker)
    return there is not None and was_tombstone(case, earlier, earlier.blocker) is True


def _never_deleted(case: Case, row: Holder) -> bool:
    """Its column of times has a value, and no time that a row can have been deleted at."""
    marker = case.question.table.marker if case.question.table else None
    timed = marker is not None and marker.kind is MarkerKind.TIMESTAMP and marker.since is not None
    return timed and row.deleted and row.row.deleted_at is None


def _alone(case: Case) -> bool:
    table = case.question.table
    return table is not None and len(table.markers) == 1


def _marks(case: Case) -> str:
    markers = case.question.table.markers if case.question.table else ()
    return ", ".join(marker.column for marker in markers)
