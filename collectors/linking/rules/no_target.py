"""UNDECIDED: no Target was asked.

Speaks when the environment has none, it did not answer, or there was no look yet. Asked again.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, undecided

NAME = "no_target"


def no_target(case: Case) -> Ruling | None:
    """Decide nothing without the database, which is the judge."""
    if case.unreachable is not None:
        return undecided(NAME, case.unreachable, case.candidates)
    if case.as_of is None:
        return undecided(NAME, "The application database was not asked yet.", case.candidates)
    return None
