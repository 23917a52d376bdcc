"""A remark: the table keeps its times without a zone, and the database's own clock is not UTC's.

Speaks when there is a row. Some applications write UTC there, others what the database's clock
says. Its times are told as if they were UTC; where that decides, either is held to be possible.
"""

from __future__ import annotations

from datetime import timedelta

from collectors.linking.case import A_DAY_ANYWHERE, EXACT, Case, Ruling, remark
from collectors.linking.words import table_of

NAME = "zoneless_times"


def zoneless_times(case: Case) -> Ruling | None:
    """Say that the times may be off."""
    leeways = {case.creation_leeway, case.deletion_leeway} - {EXACT, A_DAY_ANYWHERE}
    if not case.rows or not leeways:
        return None
    off = max(abs(one) for leeway in leeways for one in leeway) / timedelta(hours=1)
    reason = (
        f"The table {table_of(case)} keeps times without a time zone. They are read as UTC; if the "
        f"application writes the database's own time there, they are off by up to {off:g} "
        f"{'hour' if off == 1 else 'hours'}."
    )
    return remark(NAME, reason)
