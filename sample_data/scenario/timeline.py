"""Eight weeks up to now: which release ran when, and at which hours people work."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

PRODUCTION = "production"
SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class Span:
    """From `begin` up to `end`."""

    begin: datetime
    end: datetime

    def narrowed(self, *, after: datetime | None = None, before: datetime | None = None) -> Span:
        """The part of it after one moment and before another."""
        begin = max(self.begin, after) if after else self.begin
        return Span(begin, max(begin, min(self.end, before) if before else self.end))


@dataclass(frozen=True, slots=True)
class Deploy:
    """A release and the mode of the sandbox API that behaves like it."""

    at: datetime
    release: str
    mode: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything is counted back from `now`.

    For two weeks both environments run a release without the bug. Then one brings soft deletion
    and with it the bug. Two weeks before the end the sandbox gets a release that mends the e-mail
    key, and that key only; production still waits for it.
    """

    now: datetime

    @property
    def start(self) -> datetime:
        """Eight weeks ago."""
        return self.now - timedelta(weeks=8)

    @property
    def last(self) -> datetime:
        """The last moment at which anything happens."""
        return self.now - timedelta(minutes=3)

    def deploys(self, environment: str) -> tuple[Deploy, ...]:
        """What was deployed, oldest first."""
        first = Deploy(self.start, "shop@1.3.2", "hard-delete")
        bug = Deploy(self.start + timedelta(weeks=2), "shop@1.4.0", "broken")
        mend = Deploy(self.now - timedelta(weeks=2), "shop@1.5.0", "email-fixed")
        return (first, bug, mend) if environment == SANDBOX else (first, bug)

    def era(self, environment: str, mode: str) -> Span:
        """While this mode ran; a minute is left before a deploy."""
        deploys = self.deploys(environment)
        number = next(i for i, deploy in enumerate(deploys) if deploy.mode == mode)
        later = deploys[number + 1 :]
        end = later[0].at - timedelta(minutes=1) if later else self.last
        return Span(deploys[number].at + timedelta(seconds=5), end)


def draw(rng: random.Random, span: Span) -> datetime:
    """A moment of the span, more likely in office hours and on weekdays."""
    seconds = (span.end - span.begin).total_seconds()
    for _ in range(12):
        moment = span.begin + timedelta(seconds=rng.uniform(0, seconds))
        if rng.random() < _busyness(moment):
            return moment
    return moment


def pause(rng: random.Random, shortest: timedelta, longest: timedelta) -> timedelta:
    """How long somebody waits: as often between 1 and 10 minutes as between 1 and 10 days."""
    ratio: float = longest / shortest
    factor: float = ratio ** rng.random()
    return shortest * factor


def attempts(
    rng: random.Random, first: datetime, end: datetime, *, stubborn: bool
) -> list[datetime]:
    """When somebody tries: once or twice and then gives up, or for days; all before `end`."""
    moments = [first]
    for _ in range(rng.randint(2, 5) if stubborn else rng.randint(0, 1)):
        longest = timedelta(hours=40) if stubborn else timedelta(minutes=6)
        moments.append(moments[-1] + pause(rng, timedelta(seconds=20), longest))
    return [moment for moment in moments if moment < end] or [first]


def _busyness(moment: datetime) -> float:
    weekday = 0.25 if moment.weekday() >= 5 else 1.0
    if 8 <= moment.hour < 18:
        return weekday
    return weekday * (0.4 if 6 <= moment.hour < 22 else 0.1)
