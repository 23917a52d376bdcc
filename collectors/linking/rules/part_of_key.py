"""UNDECIDED, or a remark: only a part of the key's values is known.

Speaks when the key was looked up by the parts that the Event gives. A row is taken only if it alone
has them, in all of the index, and the Event does not hint at another organization: LIKELY, for the
one that was meant may be gone. Otherwise the rows are candidates.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, remark, undecided
from collectors.model import Confidence

NAME = "part_of_key"


def part_of_key(case: Case) -> Ruling | None:
    """Take the only row that fits what is known."""
    question = case.question
    if not question.in_part:
        return None
    known = question.note or "The event does not give the whole key."
    if len(case.rows) > 1:
        return undecided(NAME, f"{known} Several rows fit what it gives.", case.candidates)
    hint = question.failure.organization_id
    if any(hint and row.organization_id and row.organization_id != hint for row in case.rows):
        reason = "The only row that fits what it gives is another organization's."
        return undecided(NAME, f"{known} {reason}", case.candidates)
    found = "Exactly one row fits" if case.rows else "No row fits"
    return remark(NAME, f"{found} what the event gives of the key.", Confidence.LIKELY)
