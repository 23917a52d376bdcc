"""UNBLOCKED: a Tombstone or leftover stood in the way of this Event, and no longer does.

Speaks in four cases.
- Our earlier look saw the row hold the key after the Event, and today it does not.
- The Event's columns show that the key counted deleted rows then, today's key does not, and a row
  deleted before still has the values: no other row can have been the Holder, even without a look.
- A leftover was deleted since, and the key does not count deleted rows.
- Our earlier look saw the key blocked before the Event, and no other row can be found that was the
  Holder. Then another may have come and gone unseen: LIKELY, and the row is only a candidate.

The row that did block stays in `blocker`, so that the history shows it; no remedy is offered. When
exactly it was freed is known only to lie between two looks, or from our own journal.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, When
from collectors.linking.freed import story, taken_over
from collectors.linking.memory import proof, row_today, same_row, suspect, was_tombstone
from collectors.linking.rules.leftover import outlived
from collectors.linking.words import born, table_of, utc
from collectors.model import Confidence, Earlier, Finding, RowRef, Verdict

NAME = "unblocked"


def unblocked(case: Case) -> Ruling | None:
    """Tell what was blocked and how it was freed."""
    return _seen(case) or _mended(case) or _deleted_leftover(case) or _suspected(case)


def _seen(case: Case) -> Ruling | None:
    confidence, earlier = proof(case), case.earlier
    if confidence is None or earlier is None or earlier.blocker is None:
        return None
    if _still_there(case, earlier, earlier.blocker):
        return None
    finding = Finding(NAME, story(case, earlier, earlier.blocker))
    return Ruling((finding,), Verdict.UNBLOCKED, confidence, earlier.blocker, case.current)


def _still_there(case: Case, earlier: Earlier, blocker: RowRef) -> bool:
    """The Tombstone still holds the key; the leftover's parent is deleted, but only since then."""
    now = row_today(case, blocker)
    if now is None:
        return False
    was = was_tombstone(case, earlier, blocker)
    stands = was is not False and now.deleted and case.holds_now(now)
    return stands or (was is not True and now.parent is not None)


def _mended(case: Case) -> Ruling | None:
    row, question = case.subject, case.question
    if row is None or not row.deleted or not question.counted_then or question.counts_now:
        return None
    deleted = case.when_deleted(row.row.deleted_at)
    if deleted is When.AFTER:
        return None
    reason = (
        f"A row of {table_of(case)}, {born(row)} and soft-deleted on {utc(row.row.deleted_at)}, "
        "held the unique key. It still has the value, but today the key does not count deleted "
        "rows."
    )
    finding = Finding(NAME, reason + taken_over(case, row.row))
    confidence = Confidence.CERTAIN if deleted is When.BEFORE else Confidence.LIKELY
    return Ruling((finding,), Verdict.UNBLOCKED, confidence, row.row, case.current)


def _deleted_leftover(case: Case) -> Ruling | None:
    row = case.subject
    parent = outlived(case, row)
    if row is None or parent is None or case.holds_now(row):
        return None
    reason = (
        f"A row of {table_of(case)} held the unique key although what it belongs to was "
        f"soft-deleted on {utc(parent.deleted_at)}. It was itself soft-deleted on "
        f"{utc(row.row.deleted_at)}, and the key does not count deleted rows."
    )
    finding = Finding(NAME, reason + taken_over(case, row.row))
    return Ruling((finding,), Verdict.UNBLOCKED, Confidence.LIKELY, row.row, case.current)


def _suspected(case: Case) -> Ruling | None:
    earlier, row = suspect(case), case.subject
    if earlier is None or earlier.blocker is None or len(case.possible) > 1:
        return None
    if row is not None and (row.deleted or not same_row(row.row, earlier.blocker)):
        return None
    reason = (
        "The request failed after that look, so it cannot be ruled out that the key was free by "
        "then, and that another row, or this one while it was live, stood in the way."
    )
    seen = story(case, earlier, earlier.blocker)
    return Ruling(
        (Finding(NAME, seen), Finding(NAME, reason)),
        Verdict.UNBLOCKED,
        Confidence.LIKELY,
        holder=case.current,
        candidates=(earlier.blocker,),
    )
