"""UNDECIDED: a row carries a time that has not come yet.

Speaks when a row was created or deleted later than the Snapshot was read: clocks that disagree by
more than the tolerance, or deletions that are planned ahead. Such times prove nothing. Asked again.
"""

from __future__ import annotations

from datetime import datetime

from collectors.linking.case import Case, Ruling, undecided

NAME = "future_times"


def future_times(case: Case) -> Ruling | None:
    """Believe no time from the future."""
    now = (case.as_of or case.at) + case.tolerance
    born, gone = (now - min(one) for one in (case.creation_leeway, case.deletion_leeway))
    if not any(
        _is_after(r.created_at, born) or _is_after(r.row.deleted_at, gone) for r in case.rows
    ):
        return None
    reason = "A row with these values carries a time that lies in the future; it is asked again."
    return undecided(NAME, reason, case.candidates)


def _is_after(time: datetime | None, latest: datetime) -> bool:
    return time is not None and time > latest
