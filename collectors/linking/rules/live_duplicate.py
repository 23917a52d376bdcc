"""LIVE_DUPLICATE: the Holder was live and older than the request.

Speaks for every row that is left: live today, or deleted only after the Event. Its times do not
show whether it was deleted and restored in between, nor since when it has the value, so it is
LIKELY. It is CERTAIN if the printed key itself says that the Holder was live.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, When
from collectors.linking.words import born, later_life, other_histories, table_of
from collectors.model import Confidence, Finding, Verdict

NAME = "live_duplicate"


def live_duplicate(case: Case) -> Ruling | None:
    """Recognise a row that rightly held the key."""
    row = case.subject
    if row is None:
        return None
    state = "held" if row.deleted else "holds"
    reason = f"A live row of {table_of(case)}, {born(row)}, {state} the unique key."
    ages = (case.when_created(row.created_at), case.when_deleted(row.row.deleted_at))
    sure = case.question.holder_was_live is True and ages[0] is When.BEFORE
    return Ruling(
        (Finding(NAME, reason + later_life(case, row) + other_histories(case)),),
        Verdict.LIVE_DUPLICATE,
        Confidence.CERTAIN if sure and ages[1] is not When.AROUND else Confidence.LIKELY,
        holder=row,
    )
