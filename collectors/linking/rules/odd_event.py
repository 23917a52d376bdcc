"""UNDECIDED: the Event is not as an SDK sends it.

Speaks when reading it left an oddity. What could be read is looked up all the same, and what comes
back is listed, but nobody is blamed by half an Event.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, undecided

NAME = "odd_event"


def odd_event(case: Case) -> Ruling | None:
    """Leave an odd Event to a person."""
    oddity = case.question.failure.oddity
    return None if oddity is None else undecided(NAME, oddity, case.candidates)
