"""UNDECIDED: several rows can have been the Holder.

Speaks when the key had another shape then, under which today's rows repeat, and their times do not
tell which of them was in the way.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, undecided

NAME = "several_rows"


def several_rows(case: Case) -> Ruling | None:
    """List them all and blame none."""
    if len(case.possible) < 2:
        return None
    reason = "Several rows have these values, and any of them may have been in the way."
    return undecided(NAME, reason, (*(row.row for row in case.possible), *case.nearby))
