"""UNDECIDED: which unique key was violated, or by which values, is not known well enough to ask.

Speaks when the catalog has no such key, has several, or one that was widened since, or the Event
does not give enough of the values to look anything up by, or only those of another table's row.
An unknown key is never judged, for any sender can name one.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, undecided
from collectors.linking.question import KeyStanding

NAME = "unknown_key"

_CANDIDATES_ONLY = (KeyStanding.AMBIGUOUS, KeyStanding.WIDENED, KeyStanding.ELSEWHERE)


def unknown_key(case: Case) -> Ruling | None:
    """Leave a key that cannot be asked for to a person, with the rows that may be meant, if any."""
    question = case.question
    if question.lookups and question.standing not in _CANDIDATES_ONLY:
        return None
    violated = question.failure.key
    doubt = f" Moreover {violated.doubt}." if violated and violated.doubt else ""
    note = question.note or "The unique key is not known."
    return undecided(NAME, note + doubt, case.candidates)
