"""UNDECIDED: which unique key was violated, or by which values, is not known well enough to ask.

Speaks when the catalog has no such key, has several, or the Event gives only a part of the values.
An unknown key is never judged, for any sender can name one.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, undecided
from collectors.linking.question import KeyStanding

NAME = "unknown_key"


def unknown_key(case: Case) -> Ruling | None:
    """Leave a key that cannot be asked for to a person, with the rows of its rivals if any."""
    question = case.question
    if question.lookups and question.standing is not KeyStanding.AMBIGUOUS:
        return None
    violated = question.failure.key
    doubt = f" Moreover {violated.doubt}." if violated and violated.doubt else ""
    note = question.note or "The unique key is not known."
    return undecided(NAME, note + doubt, case.candidates)
