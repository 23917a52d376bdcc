"""HOLDER_GONE: what held the key when the Event happened is no longer there.

Speaks last, and always decides. It cannot tell a purged Tombstone from a live row that was renamed,
so it is LIKELY. From a Snapshot that is not younger than the Event, nothing found proves nothing:
UNDECIDED, asked again. So it is where a row is deleted by one mark, and the key goes by another.
"""

from __future__ import annotations

from collections.abc import Sequence

from collectors.linking.case import Case, Ruling, When, undecided
from collectors.linking.words import born, failed
from collectors.model import Confidence, Finding, Holder, ValueSource, Verdict
from collectors.model.releasable import marks_of

NAME = "holder_gone"


def holder_gone(case: Case) -> Ruling:
    """Say that it cannot be proved any more."""
    if case.as_of is None or case.as_of < case.at:
        reason = "Nothing holds the key, but the database was read too early to tell; asked again."
        return undecided(NAME, reason, case.candidates)
    later = [row for row in case.rows if case.when_created(row.created_at) is When.AFTER]
    now = next((row for row in later if case.holds_now(row)), None)
    outside = [row for row in case.rows if row.deleted and row not in later]
    if marks := _another_mark(case, outside):
        reason = (
            f"A row with these values is deleted, but not by the mark that the unique key goes by "
            f"({marks}): whether it is in the way is not known. The settings can name the one that "
            "counts, as the table's marker."
        )
        return undecided(NAME, reason, case.candidates)
    return Ruling(
        (_found(case, now), *_outside(case, outside)),
        Verdict.HOLDER_GONE,
        Confidence.LIKELY,
        holder=now,
        candidates=tuple(row.row for row in outside if _blamable(case, row)),
    )


def _another_mark(case: Case, outside: Sequence[Holder]) -> str:
    """The marks that keep deleted rows out of the key, where one of these rows has none of them."""
    key, table = case.question.key, case.question.table
    if key is None or table is None or not any(row.contradicted for row in outside):
        return ""
    marks = marks_of(key, table)
    return "" if table.marker in marks else ", ".join(marker.column for marker in marks)


def _blamable(case: Case, row: Holder) -> bool:
    """A row that is out of the index now, and for all we know was in the way then."""
    was_live = case.question.holder_was_live is True
    return not was_live or case.when_deleted(row.row.deleted_at) is When.UNKNOWN


def _found(case: Case, now: Holder | None) -> Finding:
    if now is None:
        return Finding(NAME, _nothing(case))
    state = "soft-deleted" if now.deleted else "live"
    blocks = " Creating it again would fail now." if now.deleted else ""
    reason = f"Only a {state} row, {born(now)}, after {failed(case)}, holds the unique key."
    return Finding(NAME, reason + blocks)


def _nothing(case: Case) -> str:
    """Only the database's own words are sure to be what was written."""
    key = case.question.failure.key
    if case.rows or key is None or key.source in {ValueSource.DETAIL, ValueSource.LOOK_UP}:
        return "No row holds the unique key any more."
    return (
        "No row has the values that the event gives of the unique key: what held it is gone, or "
        "the failed statement wrote other values."
    )


def _outside(case: Case, outside: Sequence[Holder]) -> tuple[Finding, ...]:
    if not outside:
        return ()
    if case.question.holder_was_live is True:
        reason = "A soft-deleted row has the same values, but the database itself said that the "
        return (Finding(NAME, f"{reason}row in the way was not deleted."),)
    reason = "A soft-deleted row has the same values. The unique key does not count it today; "
    return (Finding(NAME, f"{reason}whether it did then is not known."),)
