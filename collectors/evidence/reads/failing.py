"""Which unique keys fail in which release, since when and until when, and how do they stand now?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Integer, Select, func, select, type_coerce

from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import ConflictFilter, conditions_of
from collectors.evidence.reads.failure_counts import is_of_whole_days
from collectors.evidence.reads.failures import FailureFilter, conditions
from collectors.evidence.schema import conflicts, failure_days, failures, from_micros
from collectors.model import BLOCKED_VERDICTS, OF_THIS_BUG, Verdict

_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class FailingSpan:
    """Failures of this bug by one key in one environment and release ('' where not known)."""

    environment: str
    table: str
    constraint: str
    release: str
    first_day: date
    last_day: date
    failures: int


@dataclass(frozen=True, slots=True)
class FreedDay:
    """Conflicts that a Remedy of ours freed on one UTC day."""

    day: date
    conflicts: int


def failing_spans(store: Store, wanted: FailureFilter) -> list[FailingSpan]:
    """Every key with a Failure of this bug, by release; the Verdicts are this question's own."""
    wanted = replace(wanted, verdicts=OF_THIS_BUG)
    with store.read() as connection:
        rows = connection.execute(_spans(wanted)).all()
    return [
        FailingSpan(one, table, key, release, _date(first), _date(last), int(many))
        for one, table, key, release, first, last, many in rows
    ]


def blocked_by_key(store: Store, wanted: ConflictFilter) -> dict[tuple[str, str], int]:
    """How many Conflicts are blocked now, by (environment, key).

    Grouped in the order of the index, so that nothing is sorted.
    """
    table = conflicts.c
    kind = (table.verdict, table.environment, table.constraint_name)
    blocked = replace(wanted, verdicts=BLOCKED_VERDICTS)
    query = select(*kind, func.count()).where(*conditions_of(blocked))
    found: Counter[tuple[str, str]] = Counter()
    with store.read() as connection:
        for _, environment, key, many in connection.execute(query.group_by(*kind)):
            found[environment, key] += many
    return dict(found)


def last_failures(
    store: Store, wanted: FailureFilter, days: Mapping[tuple[str, str], date]
) -> dict[tuple[str, str], datetime]:
    """When each (environment, key) failed last with this bug, on its day.

    Backwards through an index and no further than the first that fits: most often the newest.
    """
    at, found = failures.c.occurred_at, dict[tuple[str, str], datetime]()
    with store.read() as connection:
        for (environment, key), day in days.items():
            begins = datetime.combine(day, time(), UTC)
            there = replace(
                wanted,
                environments=(environment,),
                constraint=key,
                verdicts=OF_THIS_BUG,
                since=begins,
                until=begins + timedelta(days=1),
            )
            query = select(at).where(*conditions(failures, there, at)).order_by(at.desc())
            last: datetime | None = connection.scalar(query.limit(1))
            if last is not None:
                found[environment, key] = last
    return found


def in_order(store: Store, wanted: FailureFilter, releases: Collection[str]) -> list[str]:
    """These releases by when each failed first with this bug; one that did not is left out."""
    at, first = failures.c.occurred_at, dict[str, datetime]()
    with store.read() as connection:
        for release in sorted(releases):
            own = replace(wanted, release=release, verdicts=OF_THIS_BUG)
            query = select(at).where(*conditions(failures, own, at)).order_by(at)
            moment: datetime | None = connection.scalar(query.limit(1))
            if moment is not None:
                first[release] = moment
    return sorted(first, key=first.__getitem__)


def freed_by_us(store: Store, wanted: ConflictFilter) -> list[FreedDay]:
    """When Remedies of ours freed such Conflicts; one that was blocked again is not among them."""
    table = conflicts.c
    at = type_coerce(table.released_at, Integer)
    day = at - at % _DAY
    query = select(day, func.count()).where(table.released_at.is_not(None))
    query = query.where(*conditions_of(replace(wanted, verdicts=(Verdict.UNBLOCKED,))))
    with store.read() as connection:
        rows = connection.execute(query.group_by(day)).all()
    return [FreedDay(_date(one), many) for one, many in rows]


def _spans(wanted: FailureFilter) -> Select[Any]:
    """From the daily counts where those know enough."""
    table = failure_days if is_of_whole_days(wanted) else failures
    at = table.c.day if table is failure_days else table.c.occurred_at
    micros = type_coerce(at, Integer)
    many = func.sum(table.c.failures) if table is failure_days else func.count()
    names = ("environment", "table_name", "constraint_name", "release")
    kind = [func.coalesce(table.c[name], "") for name in names]
    query = select(*kind, func.min(micros), func.max(micros), many)
    query = query.where(kind[2] != "", *conditions(table, wanted, at))
    if table is failure_days:
        query = query.where(table.c.failures > 0)
    return query.group_by(*kind).order_by(*kind)


def _date(micros: int) -> date:
    return from_micros(micros).date()
