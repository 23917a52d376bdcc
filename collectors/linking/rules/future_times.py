"""UNDECIDED: a row carries a time that has not come yet.

Speaks when a row was created or deleted later than the Snapshot was read: clocks that disagree by
more than the tolerance, or deletions that are planned ahead. Such times prove nothing. Asked again.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, undecided

NAME = "future_times"


def future_times(case: Case) -> Ruling | None:
    """Believe no time from the future."""
    now = (case.as_of or case.at) + case.tolerance
    times = [time for row in case.rows for time in (row.created_at, row.row.deleted_at)]
    if not any(time is not None and time > now for time in times):
        return None
    reason = "A row with these values carries a time that lies in the future; it is asked again."
    return undecided(NAME, reason, case.candidates)
