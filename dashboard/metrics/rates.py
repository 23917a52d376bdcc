"""Failures for each create, and Re-creations that succeed: over whole days that we know both of.

A day that was read but not counted in the Target, or the other way round, is no zero: it is left
out, and so is today, which is not over. Where several environments share a Target, its creates are
nobody's alone, and only all of them together have a rate.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import repeat

from dashboard.metrics.intervals import Rate, Share

DAY = timedelta(days=1)

Days = Mapping[tuple[str, str], Mapping[date, int]]
"""Numbers by day, by (environment or Target, table or key)."""


@dataclass(frozen=True, slots=True)
class Window:
    """Whole UTC days, from `first` up to `end`, which is left out."""

    first: date
    end: date

    def days(self) -> list[date]:
        """Each of them."""
        return [self.first + n * DAY for n in range((self.end - self.first).days)]

    def holds(self, day: date) -> bool:
        """Whether it is one of them."""
        return self.first <= day < self.end

    def within(self, other: Window | None) -> Window | None:
        """The days of both."""
        if other is None:
            return None
        first, end = max(self.first, other.first), min(self.end, other.end)
        return Window(first, end) if first < end else None

    def words(self) -> str:
        """Its first and last day."""
        return f"{self.first:%Y-%m-%d} to {self.end - DAY:%Y-%m-%d}"


def whole_days(begins: Iterable[datetime | None], ends: Iterable[datetime | None]) -> Window | None:
    """The whole days after every beginning that is known and before every end; None: no such day.

    An end that is not known leaves no day at all: nothing was read, or nothing counted.
    """
    last = list(ends)
    known = [one for one in begins if one is not None]
    if not last or not known or None in last:
        return None
    end = min(one for one in last if one is not None).astimezone(UTC).date()
    start = max(known).astimezone(UTC)
    first = start.date() if start.time() == time.min else start.date() + DAY
    return Window(first, end) if first < end else None


@dataclass(frozen=True, slots=True)
class Known:
    """What is counted by day, and the days that count.

    failures    of any Verdict, that violated a key, by (environment, key)
    creates     by (Target, table): of every table that was counted, and of no other
    succeeded   Re-creations, by (Target, '' or key)
    failed      Re-creations, by (environment, key), where those that succeeded were counted
    table_of    the table of each key, as the Target's survey calls it
    target_of   each environment's Target
    """

    failures: Days
    creates: Days
    succeeded: Days
    failed: Days
    table_of: Mapping[tuple[str, str], str]
    target_of: Mapping[str, str | None]
    created_in: Window | None = None
    recreated_in: Window | None = None

    def failure_rate(
        self,
        environments: Collection[str],
        keys: Collection[str] | None = None,
        window: Window | None = None,
    ) -> Rate | None:
        """Failures for each create of the tables that these keys are of (None: of every key)."""
        days = _narrowed(self.created_in, window)
        targets = self._targets(environments)
        if days is None or targets is None:
            return None
        failed, tables = self._places(targets, keys)
        creates = _sum(self.creates, days, lambda place: place in tables)
        failures = _sum(self.failures, days, lambda place: place in failed)
        return Rate(failures, creates) if creates else None

    def recreation(
        self, environments: Collection[str], key: str | None = None, window: Window | None = None
    ) -> Share | None:
        """Succeeded of tried Re-creations, under a key or any."""
        days = _narrowed(self.recreated_in, window)
        targets = self._targets(environments)
        if days is None or targets is None:
            return None
        whose = {(target, key or "") for target in targets.values()}
        good = _sum(self.succeeded, days, lambda place: place in whose)
        bad = _sum(
            self.failed,
            days,
            lambda place: place[0] in environments and key in (None, place[1]),
        )
        return Share(good, good + bad) if good + bad else None

    def by_day(
        self, environments: Collection[str], key: str | None = None
    ) -> dict[str, dict[date, int]]:
        """The same numbers for each day, by their names in a DayLine."""
        targets = self._targets(environments) or {}
        failed, tables = self._places(targets, None if key is None else (key,))
        whose = {(target, key or "") for target in targets.values()}
        own = {place for place in self.failed if place[0] in targets and key in (None, place[1])}
        places = {
            "failures": (self.failures, failed),
            "creates": (self.creates, tables),
            "succeeded": (self.succeeded, whose),
            "failed": (self.failed, own),
        }
        return {name: _together(days, wanted) for name, (days, wanted) in places.items()}

    def _places(
        self, targets: Mapping[str, str], keys: Collection[str] | None
    ) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        """Where it failed, of keys whose table was counted; and those tables in their Targets."""
        asked = {
            (environment, key): (targets[environment], table)
            for environment, key in self.failures
            if environment in targets
            and (keys is None or key in keys)
            and (table := self.table_of.get((targets[environment], key))) is not None
            and (targets[environment], table) in self.creates
        }
        return set(asked), set(asked.values())

    def _targets(self, environments: Collection[str]) -> dict[str, str] | None:
        """Each environment's own; None where one is shared with an environment left out."""
        found = {one: target for one in environments if (target := self.target_of.get(one))}
        others = {
            target for one, target in self.target_of.items() if one not in environments and target
        }
        return None if not found or others & set(found.values()) else found


def _narrowed(days: Window | None, window: Window | None) -> Window | None:
    return days if window is None or days is None else window.within(days)


def _sum(days: Days, window: Window, wanted: Callable[[tuple[str, str]], bool]) -> int:
    own = [by_day for place, by_day in days.items() if wanted(place)]
    listed = window.days()
    return sum(sum(map(by_day.get, listed, repeat(0))) for by_day in own)


def _together(days: Days, wanted: Collection[tuple[str, str]]) -> dict[date, int]:
    found: dict[date, int] = {}
    for place in wanted:
        for day, count in days.get(place, {}).items():
            found[day] = found.get(day, 0) + count
    return found
