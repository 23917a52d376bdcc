"""How a key came to be free, in words: what became of the row that held it."""

from __future__ import annotations

from collectors.linking.case import Case
from collectors.linking.memory import is_it, row_today, same_row, was_tombstone
from collectors.linking.question import KeyStanding
from collectors.linking.words import born, utc
from collectors.model import Earlier, Holder, RowRef

_ALIVE_SINCE = {
    True: "It was restored and is live now.",
    False: "Nothing it belongs to is deleted any more.",
    None: "Neither it nor anything it belongs to is deleted any more.",
}
"""Of a row that still holds the key, by whether it was a Tombstone."""


def story(case: Case, earlier: Earlier, blocker: RowRef) -> str:
    """What we saw, what became of it, and between which two looks."""
    kind = "soft-deleted row" if was_tombstone(case, earlier, blocker) else "row"
    return (
        f"We last saw a {kind} of {blocker.table} stand in the way on {utc(earlier.held_at)}. "
        f"{_how(case, earlier, blocker)} {_window(case, earlier)}{taken_over(case, blocker)}"
    )


def taken_over(case: Case, blocker: RowRef) -> str:
    """The other row that holds the key today; empty if none does."""
    now = case.current
    if now is None or is_it(case, now, blocker):
        return ""
    if now.deleted:
        return " Another soft-deleted row holds the key now: a create would fail."
    return f" A live row, {born(now)}, holds the key now."


def _how(case: Case, earlier: Earlier, blocker: RowRef) -> str:
    if case.question.standing is KeyStanding.DROPPED:
        return "The unique key was dropped since, and no other took its place."
    there = row_today(case, blocker)
    row = there or case.known_row
    if row is None or not (there or is_it(case, row, blocker)):
        return _gone(case, blocker)
    if row.deleted:
        kept = there is not None or _same_values(case, row)
        counted = "It still has the value, but the unique key no longer counts it."
        return counted if kept else "Its key was released."
    if there is None and case.question.standing is not KeyStanding.REMEMBERED:
        table = case.question.table
        known_live = table is not None and table.marker is not None
        return f"{'It is live now, and its' if known_live else 'Its'} key was changed."
    return _ALIVE_SINCE[was_tombstone(case, earlier, blocker)]


def _gone(case: Case, blocker: RowRef) -> str:
    """Whoever creates by an upsert may write a new time of creation into the old row."""
    if any(same_row(row.row, blocker) for row in (*case.rows, case.known_row) if row):
        return "It is gone, or was made anew: a row created since then has its id."
    known = case.known_row_asked
    return "The row is gone for good." if known else "It no longer holds the unique key."


def _same_values(case: Case, row: Holder) -> bool:
    """The row keeps the values; where they were not read, a key of live rows settles it."""
    if not row.values:
        return not case.question.counts_now
    asked = {one.lookup.values for one in case.castable if not one.lookup.from_columns}
    return row.values in asked | {case.values(None)}


def _window(case: Case, earlier: Earlier) -> str:
    if earlier.released_at is not None:
        return f"Tombstone freed it on {utc(earlier.released_at)}."
    ours = "Tombstone freed it" if earlier.released_by else "That happened"
    return f"{ours} between {utc(earlier.held_at)} and {utc(case.as_of)}."
