"""Findings and leftovers by day, each day as the last one that was looked at. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from collectors.model import LeftoverKind, Severity

KINDS: Mapping[LeftoverKind, str] = {
    LeftoverKind.LIVE_CHILD: "Live rows of a deleted parent",
    LeftoverKind.HELD_KEY: "Keys held by deleted rows",
    LeftoverKind.ERASED: "Keys held by erased rows",
}
IN_THE_WAY = "Deleted rows in the way"
NOT_WHOLE = "Rows that break an Invariant"
ORDER = (*(str(severity) for severity in Severity), IN_THE_WAY, *KINDS.values(), NOT_WHOLE)
"""Every series, in the order in which they are drawn and told."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What one place had of a series when it was looked at on a UTC day."""

    place: str
    day: date
    series: str
    count: int


@dataclass(frozen=True, slots=True)
class Point:
    """How many of a series there were on a UTC day, everywhere."""

    day: date
    series: str
    count: int


def by_day(counted: Sequence[Counted], looked_at: Mapping[str, date] | None = None) -> list[Point]:
    """The sum over all places, each as on the last day that it was looked at.

    A place has none of a series that it has no line of on such a day; `looked_at` adds the day of
    the last look, which leaves no line at all where nothing was found. A series that is always
    zero is left out.
    """
    seen: dict[str, dict[date, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for one in counted:
        seen[one.place][one.day][one.series] += one.count
    for place, day in (looked_at or {}).items():
        if place in seen:
            seen[place].setdefault(day, Counter())
    last: dict[str, Counter[str]] = {}
    points: list[Point] = []
    for day in _each({day for days in seen.values() for day in days}):
        last |= {place: days[day] for place, days in seen.items() if day in days}
        points += [Point(day, name, sum(one[name] for one in last.values())) for name in ORDER]
    met = {point.series for point in points if point.count}
    return [point for point in points if point.series in met]


def _each(days: Iterable[date]) -> list[date]:
    """Every day from the first to the last."""
    ordered = sorted(days)
    if not ordered:
        return []
    length = (ordered[-1] - ordered[0]).days + 1
    return [ordered[0] + timedelta(days=number) for number in range(length)]
