"""A remark: the table does not record when a row was deleted.

Speaks when there is a row, and its table's mark of deletion is a boolean or a status, or none is
known. What was deleted now may have been live then, so at most LIKELY.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, remark
from collectors.linking.words import table_of
from collectors.model import Confidence

NAME = "marker_time"


def marker_time(case: Case) -> Ruling | None:
    """Limit the confidence where times of deletion are missing."""
    marker = case.question.table.marker if case.question.table else None
    if not case.rows or (marker is not None and marker.since is not None):
        return None
    kept = "no mark of deletion" if marker is None else "no time of deletion"
    return remark(NAME, f"The table {table_of(case)} has {kept} known to us.", Confidence.LIKELY)
