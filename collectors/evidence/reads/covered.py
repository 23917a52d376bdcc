"""From when until when was everything read? No trend may be drawn beyond that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select

from collectors.evidence.database import Store
from collectors.evidence.reads.failures import known_environments
from collectors.evidence.reads.marks import coverage_marks
from collectors.evidence.schema import failures, runs
from collectors.model.customers import Covered

__all__ = ["Covered", "covered"]


def covered(store: Store, environments: Sequence[str] = ()) -> Covered:
    """What all sources together cover of these environments (none: of all).

    It begins with the oldest Failure, for before that nothing shows that we would have been told;
    with the first Run, if that was earlier; and not before what a server still has to give. It ends
    where the one ends that was read least lately.
    """
    with store.read() as connection:
        oldest = connection.scalar(select(func.min(failures.c.occurred_at)))
        first = connection.scalar(select(func.min(runs.c.started_at)))
    marks = [mark.coverage for mark in coverage_marks(store)]
    begins = min(filter(None, (oldest, first)), default=None)
    cut = [mark.covered_from for mark in marks if mark.covered_from is not None]
    since = None if begins is None else max([begins, *cut])
    ends = read_until(store, environments or known_environments(store) or (None,)).values()
    told = [end for end in ends if end is not None]
    until = min(told) if len(told) == len(ends) else None
    return Covered(since, until, sum(mark.missing for mark in marks))


def read_until(
    store: Store, environments: Iterable[str | None]
) -> dict[str | None, datetime | None]:
    """When each was read last: by its last whole Run, or one of all environments.

    One that had none ends with the newest Failure, but not one whose sender's clock is ahead of
    ours: that would mean "until now" as long as it is. So would a Run that began before our own
    clock was set back.
    """
    seen, now = failures.c.occurred_at, datetime.now(UTC)
    lately = select(runs.c.environment, func.max(runs.c.started_at))
    lately = lately.where(runs.c.whole, runs.c.started_at <= now)
    with store.read() as connection:
        newest = connection.scalar(select(func.max(seen)).where(seen <= now))
        last = {row[0]: row[1] for row in connection.execute(lately.group_by(runs.c.environment))}
    return {
        one: max(filter(None, (last.get(None), last.get(one))), default=newest)
        for one in environments
    }
