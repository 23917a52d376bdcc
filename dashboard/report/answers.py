"""Everything that the Impact page and the report say, from one set of questions.

The page's answers are kept until something new is stored, the report asks afresh: by whom a
question is asked is all that differs, so that the two say the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from collectors.evidence.database import Store
from collectors.evidence.reads import (
    conflicts,
    covered,
    customers,
    failure_counts,
    failures,
    kept_out,
    paid,
    tallies,
)
from collectors.evidence.reads.conflicts import ConflictFilter
from collectors.evidence.reads.customers import Hurt
from collectors.evidence.reads.failures import FailureFilter
from collectors.model import BLOCKED_VERDICTS, OF_THIS_BUG, Verdict
from collectors.model.customers import SILENCE, Covered, DayOfCustomers
from dashboard.metrics.impact import Kept, Survival, survival
from dashboard.metrics.production import Places, split
from dashboard.metrics.trends import Change, Comparison, Span, comparison
from dashboard.settings import load_write_settings
from dashboard.text import organizations_of

T = TypeVar("T")
Ask = Callable[..., Any]
LISTED = 200
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked about, as the filter bar has it; `window` is its period in words."""

    environments: tuple[str, ...] = ()
    organization: str | None = None
    constraint: str | None = None
    release: str | None = None
    since: datetime | None = None
    window: str = "at any time"

    def conflicts(self, environments: tuple[str, ...]) -> ConflictFilter:
        """Conflicts in these environments."""
        return ConflictFilter(
            environments=environments,
            organization_id=self.organization,
            constraint=self.constraint,
            release=self.release,
            since=self.since,
        )

    def failures(self, environments: tuple[str, ...]) -> FailureFilter:
        """Failures that this bug caused in these environments."""
        return FailureFilter(
            environments=environments,
            verdicts=OF_THIS_BUG,
            organization_id=self.organization,
            constraint=self.constraint,
            release=self.release,
            since=self.since,
        )


@dataclass(frozen=True, slots=True)
class Trend:
    """The whole days of the period against as many before; `why` says what is missing."""

    spans: Comparison
    customers: Change
    organizations: Change
    attempts: Change
    freed: Change

    def changes(self) -> tuple[Change, Change, Change, Change]:
        """In the order in which they are shown."""
        return self.customers, self.organizations, self.attempts, self.freed

    def value(self, change: Change) -> str:
        """One of them as it is shown."""
        if change is self.organizations:
            return organizations_of(change.now, self.customers.now)
        return f"{change.now:,}"


@dataclass(frozen=True, slots=True)
class Apart:
    """What environments that are not production cost: nobody's customers, but people's time."""

    blocked: int
    hit: int
    organizations: int
    failures: int


@dataclass(frozen=True, slots=True)
class Paid:
    """By currency, in all and by organization; `known` are the customers it was counted of."""

    total: dict[str, int]
    by_organization: dict[str | None, dict[str, int]]
    known: dict[str | None, int]


@dataclass(frozen=True, slots=True)
class Impact:
    """All of it, as of `at`. `trend` is a sentence where nothing can be compared.

    `undecided` Failures nobody can judge yet, whosever they are: whom they hurt is not known.
    """

    at: datetime
    wanted: Wanted
    places: Places
    covered: Covered
    undecided: int
    blocked: int
    organizations_blocked: int
    hurt: Hurt
    curve: Survival | None
    days: list[DayOfCustomers]
    paid: Paid
    trend: Trend | str
    apart: Apart

    @property
    def unread(self) -> bool:
        """Nothing was ever collected: a zero would say what nobody knows."""
        return self.covered.since is None


def impact_in(store: Store, wanted: Wanted) -> Impact:
    """Asked afresh: nothing is kept."""

    def ask(question: Callable[..., T], *about: Any) -> T:
        return question(store, *about)

    return impact_of(ask, wanted)


def impact_of(ask: Ask, wanted: Wanted) -> Impact:
    """Ask it all; `ask(question, *about)` gives what `question(store, *about)` answers."""
    told = load_write_settings().dashboard.production
    known = ask(failures.known_environments)
    places = split(sorted({*known, *wanted.environments}), told).only(wanted.environments)
    read: Covered = ask(covered.covered, places.counted)
    now = datetime.now(UTC)
    mine = wanted.conflicts(places.counted)
    hurt: Hurt = ask(customers.hurt, mine, quiet_since(read), LISTED)
    days: list[DayOfCustomers] = ask(kept_out.customer_days, replace(mine, since=None))
    return Impact(
        at=now,
        wanted=wanted,
        places=places,
        covered=read,
        undecided=_undecided(ask, wanted.failures(places.counted)),
        blocked=_blocked(ask, mine),
        organizations_blocked=ask(tallies.organizations_blocked, mine),
        hurt=hurt,
        curve=ask(_curve, mine, read.until),
        days=days,
        paid=_paid(ask, mine),
        trend=_trend(ask, wanted, places.counted, days, comparison(wanted.since, read, now)),
        apart=_apart(ask, wanted, places.beside, quiet_since(read)),
    )


def quiet_since(read: Covered) -> datetime | None:
    """Whoever has not tried since then has been silent for SILENCE while we listened."""
    return None if read.until is None else read.until - SILENCE


def _undecided(ask: Ask, failed: FailureFilter) -> int:
    anybodys = replace(failed, verdicts=(Verdict.UNDECIDED,), organization_id=None)
    found: int = ask(failure_counts.count_failures, anybodys)
    return found


def _blocked(ask: Ask, mine: ConflictFilter) -> int:
    counts = ask(conflicts.count_by_verdict, replace(mine, verdicts=BLOCKED_VERDICTS))
    return sum(counts.values())


def _curve(store: Store, mine: ConflictFilter, until: datetime | None) -> Survival | None:
    """Still kept out means: as of the last Run that reached everything."""
    freed = [
        Kept(float(one.hours), one.ending, one.customers) for one in kept_out.waits(store, mine)
    ]
    out = [
        Kept(max(0.0, (until - one.since) / _HOUR), None, one.customers)
        for one in kept_out.still_out(store, mine)
        if until is not None
    ]
    return survival([*freed, *out])


def _paid(ask: Ask, mine: ConflictFilter) -> Paid:
    total: defaultdict[str, int] = defaultdict(int)
    owners: defaultdict[str | None, dict[str, int]] = defaultdict(dict)
    for one in ask(paid.paid, mine):
        total[one.currency] += one.amount
        owners[one.organization_id][one.currency] = one.amount
    return Paid(dict(total), dict(owners), ask(paid.payments_known, mine))


def _trend(
    ask: Ask,
    wanted: Wanted,
    production: tuple[str, ...],
    days: list[DayOfCustomers],
    spans: Comparison | str,
) -> Trend | str:
    if isinstance(spans, str):
        return spans
    mine, failed = wanted.conflicts(production), wanted.failures(production)

    def attempts(span: Span) -> int:
        within = replace(failed, since=span.start, until=span.end)
        counted: int = ask(failure_counts.count_failures, within)
        return counted

    def organizations(span: Span) -> int:
        begun: int = ask(kept_out.organizations_begun, mine, span.start, span.end)
        return begun

    change = partial(_change, spans)
    return Trend(
        spans=spans,
        customers=change(lambda span: sum(one.began for one in within(days, span))),
        organizations=change(organizations),
        attempts=change(attempts),
        freed=change(lambda span: sum(one.ended for one in within(days, span))),
    )


def within(days: list[DayOfCustomers], span: Span) -> list[DayOfCustomers]:
    """Those of the days that lie in it."""
    return [one for one in days if span.start <= one.day < span.end]


def _change(spans: Comparison, number: Callable[[Span], int]) -> Change:
    before = None if spans.before is None else number(spans.before)
    return Change(number(spans.now), before)


def _apart(
    ask: Ask, wanted: Wanted, environments: tuple[str, ...], quiet: datetime | None
) -> Apart:
    if not environments:
        return Apart(0, 0, 0, 0)
    theirs = wanted.conflicts(environments)
    hurt: Hurt = ask(customers.hurt, theirs, quiet, 0)
    failed: int = ask(failure_counts.count_failures, wanted.failures(environments))
    return Apart(_blocked(ask, theirs), hurt.hit, hurt.organizations, failed)
