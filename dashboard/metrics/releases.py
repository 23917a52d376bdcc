"""Which release was live where and when, and what failed while it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from dashboard.metrics.fix import Live
from dashboard.metrics.intervals import Rate, Share
from dashboard.metrics.rates import Known, Window

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Went:
    """A release that went live in an environment; `projects` it is of, none if nobody tells."""

    release: str
    environment: str
    at: datetime
    projects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """One release in one environment.

    first_seen  its first Event as the server tells it, else the first day that it failed on
    alone       the whole days on which no other release of its projects was live: what rate and
                success are of
    """

    release: str
    environment: str
    first_seen: datetime | None
    deployed_at: datetime | None
    failures: int
    customers: int
    alone: Window | None = None
    rate: Rate | None = None
    recreation: Share | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """What a release did in one environment: Failures of this bug, since when, to how many."""

    release: str
    environment: str
    first_day: date
    failures: int
    customers: int


def of_projects(deploys: Iterable[Went], projects: Set[str]) -> list[Went]:
    """Those of one application: its worker and its website go live in the same environment."""
    return [one for one in deploys if not (projects and one.projects) or projects & one.projects]


def live_now(deploys: Iterable[Went], environment: str) -> Live | None:
    """The release that was deployed last; None where no deploy is told."""
    last = next(reversed(_turns(deploys, environment)), None)
    return None if last is None else Live(last.release, last.at)


def _turns(deploys: Iterable[Went], environment: str) -> list[Went]:
    """When another release went live there: one that is deployed again is live since before."""
    here = (one for one in deploys if one.environment == environment)
    in_order = sorted(here, key=lambda one: one.at)
    return [next(same) for _, same in groupby(in_order, key=lambda one: one.release)]


def first_of(releases: Iterable[str], deploys: Sequence[Went], environment: str) -> str | None:
    """Of releases that failed on the same day, the one that was deployed first.

    They come in the order in which they failed, which decides where no deploy is told: a name says
    nothing, for 1.10 came after 1.9.
    """
    went = {one.release: one.at for one in reversed(deploys) if one.environment == environment}
    never = datetime.max.replace(tzinfo=UTC)
    named = filter(None, releases)
    return min(named, key=lambda release: went.get(release, never), default=None)


def alone(deploys: Sequence[Went], environment: str, release: str, now: datetime) -> Window | None:
    """The whole days of its newest time live: from the day after its deploy to another one's."""
    own = frozenset[str]().union(*(one.projects for one in deploys if one.release == release))
    here = _turns(of_projects(deploys, own), environment)
    ends = [*(later.at for later in here[1:]), now]
    spans = [(one.at, end) for one, end in zip(here, ends, strict=False) if one.release == release]
    if not spans:
        return None
    at, until = spans[-1]
    first = at.date() if at.astimezone(UTC).time() == time.min else at.date() + DAY
    end = until.astimezone(UTC).date()
    return Window(first, end) if first < end else None


def release_lines(
    failed: Iterable[Failed],
    asked: Iterable[Went],
    deploys: Sequence[Went],
    first_seen: Mapping[str, datetime],
    known: Known,
    key: str | None,
    now: datetime,
) -> list[ReleaseLine]:
    """Every release that failed or is `asked` for, the newest first; under a key or any."""
    did = {(one.release, one.environment): one for one in failed}
    went: dict[tuple[str, str], datetime] = {}
    for one in asked:
        place = (one.release, one.environment)
        went[place] = min(one.at, went.get(place, one.at))
    lines = [
        _line(release, environment, did, went, deploys, first_seen, known, key, now)
        for release, environment in did.keys() | went.keys()
    ]
    return sorted(lines, key=_newest_first)


def _line(
    release: str,
    environment: str,
    did: Mapping[tuple[str, str], Failed],
    went: Mapping[tuple[str, str], datetime],
    deploys: Sequence[Went],
    first_seen: Mapping[str, datetime],
    known: Known,
    key: str | None,
    now: datetime,
) -> ReleaseLine:
    one = did.get((release, environment))
    days = alone(deploys, environment, release, now)
    first_failed = None if one is None else datetime.combine(one.first_day, time(), UTC)
    return ReleaseLine(
        release,
        environment,
        first_seen.get(release, first_failed),
        went.get((release, environment)),
        one.failures if one else 0,
        one.customers if one else 0,
        days,
        known.failure_rate((environment,), window=days) if days else None,
        known.recreation((environment,), key, days) if days else None,
    )


def _newest_first(line: ReleaseLine) -> tuple[float, str, str]:
    at = line.deployed_at or line.first_seen
    return (-at.timestamp() if at else 0.0, line.release, line.environment)
