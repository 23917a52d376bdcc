"""A remark: where the values stood in the Event.

Speaks always. Only what the database printed itself is what it compared; an application may change
a request's values before it inserts them, and SQL parameters can be those of another statement.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, remark
from collectors.model import Confidence, ValueSource

NAME = "value_source"


def value_source(case: Case) -> Ruling | None:
    """CERTAIN at most for the database's own words, LIKELY for any other."""
    violated = case.question.failure.key
    source = violated.source if violated else None
    if source is ValueSource.DETAIL and not case.question.lookups[0].from_columns:
        return remark(NAME, "The database itself printed the whole key.")
    where = "a part of the event" if source in (None, ValueSource.DETAIL) else str(source)
    reason = f"The values come from {where}, not from the database's own message."
    return remark(NAME, reason, Confidence.LIKELY)
