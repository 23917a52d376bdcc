"""UNDECIDED: the database refused the look-up, or knows more rows than it was asked to bring.

Speaks when it refused every reading of the values: they do not fit the key's types, our role may
not read the table, or the row that has them cannot be shown. The reason names columns and types,
never a value. A single crowded reading is enough, for the row in the way may be among those that
stayed behind.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, undecided

NAME = "refused_lookup"


def refused_lookup(case: Case) -> Ruling | None:
    """Leave values that cannot be asked for to a person."""
    if any(one.answer.crowded for one in case.castable):
        return undecided(NAME, "Too many rows have these values to tell them apart.")
    if case.castable:
        return None
    why = next((answer.uncastable for answer in case.answers if answer.uncastable), "not asked")
    return undecided(NAME, f"The database could not be asked for these values: {why}.")
