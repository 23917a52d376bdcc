"""A remark: the table keeps its times without a zone, and the database's own clock is not UTC's.

Speaks when there is a row. Some applications write UTC there, others what the database's clock
says. Its times are told as if they were UTC; where that decides, either is held to be possible.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from collectors.linking.case import A_DAY_ANYWHERE, EXACT, Case, Ruling, remark
from collectors.linking.words import table_of

NAME = "zoneless_times"


def zoneless_times(case: Case) -> Ruling | None:
    """Say that the times may be off."""
    name, off = next(_off(case), ("", 0.0))
    if not case.rows or not name:
        return None
    reason = (
        f"The table {name} keeps times without a time zone. They are read as UTC; if the "
        f"application writes the database's own time there, they are off by up to {off:g} "
        f"{'hour' if off == 1 else 'hours'}."
    )
    return remark(NAME, reason)


def _off(case: Case) -> Iterator[tuple[str, float]]:
    """The tables concerned, the row's own first, and by how many hours."""
    leeways = [(table_of(case), one) for one in (case.deletion_leeway, case.creation_leeway)]
    leeways += [(table.label, case.parent_leeway(table)) for table in case.parents]
    for name, leeway in leeways:
        if leeway not in (EXACT, A_DAY_ANYWHERE):
            yield name, max(map(abs, leeway)) / timedelta(hours=1)
