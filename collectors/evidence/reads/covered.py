"""From when until when was everything read? No trend may be drawn beyond that."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select

from collectors.evidence.database import Store
from collectors.evidence.reads.marks import coverage_marks
from collectors.evidence.schema import failures, runs
from collectors.model.customers import Covered

__all__ = ["Covered", "covered"]


def covered(store: Store) -> Covered:
    """What all sources together cover.

    It begins with the oldest Failure, for before that nothing shows that we would have been told;
    with the first Run, if that was earlier; and not before what a server still has to give. It ends
    with the last Run that reached everything, or with the newest Failure: not one whose sender's
    clock is ahead of ours, which would mean "until now" as long as it is.
    """
    seen, now = failures.c.occurred_at, datetime.now(UTC)
    with store.read() as connection:
        oldest = connection.scalar(select(func.min(seen)))
        newest = connection.scalar(select(func.max(seen)).where(seen <= now))
        first = connection.scalar(select(func.min(runs.c.started_at)))
        whole = runs.c.finished_at.is_not(None), func.json_array_length(runs.c.unreachable) == 0
        last = connection.scalar(select(func.max(runs.c.started_at)).where(*whole))
    marks = [mark.coverage for mark in coverage_marks(store)]
    begins = min(filter(None, (oldest, first)), default=None)
    cut = [mark.covered_from for mark in marks if mark.covered_from is not None]
    since = None if begins is None else max([begins, *cut])
    until = max(filter(None, (newest, last)), default=None)
    return Covered(since, until, sum(mark.missing for mark in marks))
