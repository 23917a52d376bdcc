"""What our own earlier look at the Conflict says of this Event, and where its row is today."""

from __future__ import annotations

from collectors.linking.case import Case, When
from collectors.model import Confidence, Earlier, Holder, RowRef, Verdict, is_address


def proof(case: Case) -> Confidence | None:
    """How surely the earlier look shows that its blocker stopped this very Event.

    It does if that row was deleted before the Event and held the key until after it: we saw it, or
    we freed it ourselves then. None: it shows nothing, for the row was deleted later, or was last
    seen to hold before the Event, and another may have come in between.
    """
    earlier = case.earlier
    if earlier is None or earlier.blocker is None or earlier.held_at is None:
        return None
    deleted = case.when_deleted(earlier.blocker.deleted_at)
    held = case.when(max(earlier.held_at, earlier.released_at or earlier.held_at))
    if deleted is When.AFTER or held is When.BEFORE:
        return None
    sure = deleted is When.BEFORE and held is When.AFTER
    return Confidence.CERTAIN if sure else Confidence.LIKELY


def suspect(case: Case) -> Earlier | None:
    """The earlier look, if it saw the key blocked shortly before the Event but not after.

    Where our own remedy freed the key before the Event, the row it freed is above suspicion.
    """
    earlier = case.earlier
    if earlier is None or not earlier.verdict.is_blocked or earlier.blocker is None:
        return None
    freed_before = case.when(earlier.released_at) is When.BEFORE
    held_before = case.when(earlier.held_at) is When.BEFORE
    return earlier if held_before and not freed_before else None


def same_row(one: RowRef | None, other: RowRef | None) -> bool:
    """The same row of one Conflict, whenever it was deleted.

    A table that was renamed or moved keeps its rows, and their ids. Where no key names a row it is
    its place that is known, and any UPDATE moves it: there, too, the time of deletion tells, and so
    it does where the primary key has become a composite one, as when a table is partitioned.
    """
    if one is None or other is None:
        return False
    alike = one.deleted_at == other.deleted_at
    if is_address(one.id) and is_address(other.id):
        moved = one.id != other.id
        return one.table == other.table and alike and not (moved and one.deleted_at is None)
    if one.id.startswith("[") != other.id.startswith("["):
        return alike and one.deleted_at is not None
    return one.id == other.id and (one.table == other.table or alike)


def is_it(case: Case, row: Holder | None, ref: RowRef) -> bool:
    """The row is the one that our earlier look saw, and not a later one that was given its id.

    A table that is emptied or made anew hands out its ids once more.
    """
    if row is None or not same_row(row.row, ref):
        return False
    seen = case.earlier.held_at if case.earlier else None
    made = row.created_at and row.created_at + min(case.creation_leeway)
    return seen is None or made is None or made - seen <= case.tolerance


def row_today(case: Case, ref: RowRef) -> Holder | None:
    """The row among those that came back for the values."""
    same = next((row for row in case.rows if is_it(case, row, ref)), None)
    return same or _renumbered(case, ref)


def _renumbered(case: Case, ref: RowRef) -> Holder | None:
    """The row under a new id, as where a primary key becomes a UUID, or a table is filled anew.

    Its old one is gone, or another row has it that was not deleted then; and a row that was deleted
    at the very same time has its key.
    """
    other = case.known_row
    if not case.known_row_asked or ref.deleted_at is None:
        return None
    if other is not None and other.row.deleted_at == ref.deleted_at:
        return None
    named = (ref.table, ref.deleted_at)
    return next((row for row in case.rows if (row.row.table, row.row.deleted_at) == named), None)


def was_tombstone(case: Case, earlier: Earlier, blocker: RowRef) -> bool | None:
    """The row was itself deleted when we saw it block, and no leftover; None if we cannot tell.

    A mark of deletion may keep no time, and then only a Verdict that still stands tells.
    """
    if blocker.deleted_at is not None or earlier.verdict is Verdict.BLOCKED_BY_TOMBSTONE:
        return True
    table = case.question.table
    timed = table is not None and table.marker is not None and table.marker.since is not None
    return False if timed or earlier.verdict is Verdict.BLOCKED_BY_LEFTOVER else None
