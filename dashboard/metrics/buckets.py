"""Time cut into intervals, each with how well it is known: whole, in part, or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST_NAMES = 5
OTHERS, UNKNOWN = "all others", "not known"


class Cut(StrEnum):
    """How finely a span of time is cut, so that no chart has more than some fifty intervals."""

    HOURS = "hour"
    DAYS = "day"
    WEEKS = "week"
    MONTHS = "month"

    @classmethod
    def of(cls, span: timedelta) -> Cut:
        """Fine enough to see a change, coarse enough to see it at a glance."""
        if span <= 2 * DAY:
            return cls.HOURS
        if span <= 40 * DAY:
            return cls.DAYS
        return cls.WEEKS if span <= 371 * DAY else cls.MONTHS

    def beginning(self, moment: datetime) -> datetime:
        """Where the interval of a moment begins, in UTC; weeks begin on Monday."""
        at = moment.astimezone(UTC)
        if self is Cut.HOURS:
            return at.replace(minute=0, second=0, microsecond=0)
        day = datetime.combine(at.date(), time.min, UTC)
        if self is Cut.WEEKS:
            return day - at.weekday() * DAY
        return day.replace(day=1) if self is Cut.MONTHS else day

    def next(self, beginning: datetime) -> datetime:
        """Where the one after it begins."""
        if self is Cut.MONTHS:
            return (beginning + 32 * DAY).replace(day=1)
        return beginning + {Cut.HOURS: HOUR, Cut.DAYS: DAY}.get(self, 7 * DAY)


class Knowing(StrEnum):
    """How much of an interval was read."""

    WHOLE = "whole"
    PART = "unfinished"
    NOTHING = "no data"


@dataclass(frozen=True, slots=True)
class Interval:
    """From `begin` up to `end`."""

    begin: datetime
    end: datetime
    known: Knowing


def intervals(
    cut: Cut,
    since: datetime,
    now: datetime,
    read_since: datetime | None,
    read_until: datetime | None,
) -> list[Interval]:
    """Every interval from `since` to `now`; what was not read in full is not whole."""

    def known(begin: datetime, end: datetime) -> Knowing:
        if read_since is None or read_until is None or begin >= read_until or end <= read_since:
            return Knowing.NOTHING
        whole = read_since <= begin and end <= min(read_until, now) and since <= begin
        return Knowing.WHOLE if whole else Knowing.PART

    return [Interval(*one, known(*one)) for one in _cut(cut, since, now)]


def _cut(cut: Cut, since: datetime, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    begin = cut.beginning(since)
    while begin < now:
        end = cut.next(begin)
        yield begin, end
        begin = end


@dataclass(frozen=True, slots=True)
class Counted:
    """A number of one moment's interval, by name."""

    at: datetime
    name: str
    count: int


def most_named(counts: Sequence[Counted]) -> list[str]:
    """The names with the most, then whatever is left of them together."""
    totals = Counter[str]()
    for one in counts:
        totals[one.name] += one.count
    names = [name for name, _ in totals.most_common()]
    return names if len(names) <= MOST_NAMES + 1 else [*names[:MOST_NAMES], OTHERS]


def piled(
    cut: Cut, counts: Iterable[Counted], names: Sequence[str]
) -> Counter[tuple[datetime, str]]:
    """The counts by interval and name; what has no place of its own goes to the others."""
    found: Counter[tuple[datetime, str]] = Counter()
    for one in counts:
        name = one.name if one.name in names else OTHERS
        found[cut.beginning(one.at), name] += one.count
    return found
