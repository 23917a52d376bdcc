"""CONCURRENT_CREATE: the Holder was created within seconds of the Event.

Speaks if the row is no older than the race window, and not clearly younger than the Event. CERTAIN
needs a printed key that says that the Holder was live, and clocks that agree on which came first.
It says nothing where only the day of a creation is kept, and cannot tell a race from a client that
created the same thing twice in a row.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from collectors.linking.case import Case, Ruling, When
from collectors.linking.words import born, later_life, other_histories, table_of, utc
from collectors.model import Confidence, Finding, Verdict

NAME = "concurrent_create"


def concurrent_create(case: Case) -> Ruling | None:
    """Recognise two requests that raced."""
    row = case.subject
    if row is None or row.created_at is None or case.creation_days or case.looked_up:
        return None
    if not any(_races(case, row.created_at + away) for away in case.creation_leeway):
        return None
    reason = (
        f"A row of {table_of(case)}, {born(row)}, took the unique key within seconds of this "
        f"request ({utc(case.at)}): two requests raced."
    )
    sure = (
        case.when_created(row.created_at) is When.BEFORE and case.question.holder_was_live is True
    )
    return Ruling(
        (Finding(NAME, reason + later_life(case, row) + other_histories(case)),),
        Verdict.CONCURRENT_CREATE,
        Confidence.CERTAIN if sure else Confidence.LIKELY,
        holder=row,
    )


def _races(case: Case, created: datetime) -> bool:
    return case.when(created) is When.AROUND or timedelta() <= case.at - created <= case.race_window
