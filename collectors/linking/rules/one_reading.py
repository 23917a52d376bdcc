"""UNDECIDED, or a remark: the printed values can be cut in several ways.

Speaks when there is more than one reading. If the database has rows under several, nobody is
blamed; if under exactly one, that one is taken, and the Verdict is at most LIKELY.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, remark, undecided
from collectors.linking.question import Question
from collectors.model import Confidence

NAME = "one_reading"


def _was_cut(question: Question) -> bool:
    """The printed tuple could be cut otherwise, although the key's types leave one way."""
    violated, shape = question.failure.key, question.asked_as
    if violated is None or shape is None or question.lookups[0].from_columns:
        return False
    width = len(violated.columns) or len(shape.parts)
    return len({split for split in violated.splits if len(split) == width}) > 1


def one_reading(case: Case) -> Ruling | None:
    """Take the only reading that the database confirms."""
    if len(case.question.lookups) == 1 and not _was_cut(case.question):
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
