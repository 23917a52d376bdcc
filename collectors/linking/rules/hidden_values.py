"""UNDECIDED: the Event holds no value of the key.

Speaks when a scrubber, a length limit or the driver hid them, or nobody sent them. Which row it was
cannot be told; rows of the same organization from before are candidates at most.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, undecided

NAME = "hidden_values"


def hidden_values(case: Case) -> Ruling | None:
    """Leave a Failure without values to a person."""
    key = case.question.failure.key
    if key is None or key.splits or key.fields:
        return None
    doubt = key.doubt or "the event does not hold them"
    return undecided(NAME, f"The values of the key are not known: {doubt}.", case.candidates)
