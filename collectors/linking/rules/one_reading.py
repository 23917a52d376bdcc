"""UNDECIDED, or a remark: the printed values can be cut in several ways.

Speaks when there is more than one reading. If the database has rows under several, nobody is
blamed; if under exactly one, that one is taken, and the Verdict is at most LIKELY.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, remark, undecided
from collectors.model import Confidence

NAME = "one_reading"


def one_reading(case: Case) -> Ruling | None:
    """Take the only reading that the database confirms."""
    if len(case.question.lookups) == 1:
        return None
    if len(case.confirmed) > 1:
        reason = (
            "The values in the event can be read in several ways, and the database has rows for "
            "more than one of them."
        )
        return undecided(NAME, reason, case.candidates)
    found = "exactly one" if case.confirmed else "none"
    reason = f"The values can be read in several ways; the database has rows for {found} of them."
    return remark(NAME, reason, Confidence.LIKELY)
