"""A remark: the key was not found by name and columns alike.

Speaks when it was renamed or changed. A renamed key may have had another predicate, and a key over
other columns may have let the row through: at most LIKELY. A key that only gained or lost the mark
of deletion limits nothing, for that very difference is understood.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, remark
from collectors.linking.question import KeyStanding
from collectors.model import Confidence

NAME = "matched_key"


def matched_key(case: Case) -> Ruling | None:
    """Say how the key was matched."""
    question = case.question
    if question.note is None:
        return None
    changed = question.standing is KeyStanding.CHANGED
    understood = changed and question.only_marker_changed
    return remark(NAME, question.note, Confidence.CERTAIN if understood else Confidence.LIKELY)
