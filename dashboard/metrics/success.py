"""Shares and rates by interval of time, for the trends: an interval nobody knows has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from collectors.model.counted import counted
from dashboard.metrics.buckets import Cut, Interval, Knowing
from dashboard.metrics.intervals import Rate, Share
from dashboard.metrics.rates import Window

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number of one interval with how sure it is; `rests_on` in words of ours."""

    interval: Interval
    value: float
    low: float
    high: float
    rests_on: str


@dataclass(frozen=True, slots=True)
class DayLine:
    """What is known of one UTC day of everything that the bar asks for; None: not counted."""

    day: date
    failures: int
    creates: int | None
    succeeded: int | None
    failed: int


def recreation_estimates(
    cut: Cut, spans: Sequence[Interval], days: Sequence[DayLine]
) -> list[Estimate]:
    """Re-creation success; an interval in which nobody tried has no share."""
    tried = [one for one in days if one.succeeded is not None]
    good = _sums(cut, {one.day: one.succeeded or 0 for one in tried})
    bad = _sums(cut, {one.day: one.failed for one in tried})
    found = []
    for span in _known(spans, tried):
        share = Share(good.get(span.begin, 0), good.get(span.begin, 0) + bad.get(span.begin, 0))
        if share.value is not None:
            sure = share.interval
            rests = f"{share.part:,} of {counted(share.whole, 'Re-creation')} succeeded"
            found.append(Estimate(span, share.value, sure.low, sure.high, rests))
    return found


def rate_estimates(cut: Cut, spans: Sequence[Interval], days: Sequence[DayLine]) -> list[Estimate]:
    """Failures for each create; an interval without a create has none."""
    whole = [one for one in days if one.creates is not None]
    failures = _sums(cut, {one.day: one.failures for one in whole})
    creates = _sums(cut, {one.day: one.creates or 0 for one in whole})
    found = []
    for span in _known(spans, whole):
        made = creates.get(span.begin, 0)
        rate = Rate(failures.get(span.begin, 0), made)
        sure = rate.interval
        if rate.value is not None and sure is not None:
            rests = f"{counted(rate.events, 'Failure')}, {counted(made, 'create')}"
            found.append(Estimate(span, rate.value, sure.low, sure.high, rests))
    return found


def day_lines(
    window: Window | None,
    recreated: Window | None,
    numbers: Mapping[str, Mapping[date, int]],
) -> list[DayLine]:
    """Every whole day of either window; `numbers` by name: those of a DayLine."""
    windows = [one for one in (window, recreated) if one is not None]
    if not windows:
        return []
    first, end = min(one.first for one in windows), max(one.end for one in windows)

    def of(name: str, day: date, within: Window | None) -> int | None:
        return numbers[name].get(day, 0) if within is not None and within.holds(day) else None

    days = [first + n * DAY for n in range((end - first).days)]
    return [
        DayLine(
            day,
            numbers["failures"].get(day, 0),
            of("creates", day, window),
            of("succeeded", day, recreated),
            numbers["failed"].get(day, 0),
        )
        for day in days
    ]


def _known(spans: Sequence[Interval], days: Sequence[DayLine]) -> list[Interval]:
    """The intervals that have a counted day; one that lacks some is unfinished."""
    whole = {one.day for one in days}
    found = []
    for span in spans:
        own = [span.begin.date() + n * DAY for n in range((span.end - span.begin).days)]
        there = sum(day in whole for day in own)
        if there:
            knowing = Knowing.WHOLE if there == len(own) else Knowing.PART
            found.append(Interval(span.begin, span.end, knowing))
    return found


def _sums(cut: Cut, by_day: Mapping[date, int]) -> dict[datetime, int]:
    found: dict[datetime, int] = {}
    for day, count in by_day.items():
        begin = cut.beginning(datetime.combine(day, time(), UTC))
        found[begin] = found.get(begin, 0) + count
    return found
