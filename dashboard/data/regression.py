"""What the Regression page asks of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from collectors.evidence.database import Store
from collectors.evidence.reads import failing, walks
from collectors.evidence.reads.covered import covered
from collectors.evidence.reads.failed_recreations import customers_by_release
from collectors.evidence.reads.failing import FailingSpan
from collectors.evidence.reads.failure_counts import By, FailureCount, Step, count_by
from collectors.evidence.reads.failures import FailureFilter, known_environments
from collectors.evidence.reads.releases import (
    list_deploys,
    list_releases,
    projects_of_releases,
)
from collectors.evidence.reads.surveys import SurveyFilter
from collectors.evidence.reads.walks import WalkRow
from collectors.model import Counting, Release
from collectors.model.customers import Covered
from dashboard.data.held import opened, remembered
from dashboard.data.key_facts import Gathered, facts_of, gather, with_freed
from dashboard.data.period_numbers import known_days
from dashboard.metrics.fix import FixState, FixVerdict, KeyFacts
from dashboard.metrics.intervals import Rate, Share
from dashboard.metrics.rates import Known, Window
from dashboard.metrics.regression import decide, together
from dashboard.metrics.releases import Failed, ReleaseLine, Went, release_lines
from dashboard.metrics.success import DayLine, day_lines

RELEASES_SHOWN = 200
WALKS_SHOWN = 1_000
"""Of each environment; walked every hour, those of six weeks."""

Targets = tuple[tuple[str, str | None], ...]
"""Every environment with its Target."""


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key in one environment: the decision, and the numbers of the period."""

    facts: KeyFacts
    verdict: FixVerdict
    failures: int
    rate: Rate | None
    recreation: Share | None


@dataclass(frozen=True, slots=True)
class Regression:
    """All of the page but the chart over time.

    created_in, recreated_in  the whole days that rate and success are of
    counted                   how creates and Re-creations were counted; None: never
    days                      every one of those days, of all that the bar asks for
    """

    keys: tuple[KeyLine, ...]
    whole: FixVerdict
    rate: Rate | None
    recreation: Share | None
    created_in: Window | None
    recreated_in: Window | None
    counted: Counting | None
    releases: tuple[ReleaseLine, ...]
    days: tuple[DayLine, ...]


def regression(wanted: FailureFilter, counted: SurveyFilter) -> Regression:
    """What the filter bar asks for."""
    target_of = opened().settings.target_of
    targets = tuple((one, target_of(one)) for one in remembered(known_environments))
    return remembered(ask_regression, wanted, counted, targets)


def failures_over_time(wanted: FailureFilter, by: By, step: Step) -> list[FailureCount]:
    """Failures of each hour or UTC day, by what is told apart."""
    return remembered(count_by, wanted, (by,), step)


def went_live(environments: tuple[str, ...]) -> list[Went]:
    """Every deploy, the earliest first."""
    return remembered(_went_live, environments)


def known_releases() -> list[Release]:
    """Releases as the server lists them, the newest first."""
    return remembered(list_releases)


def canary_walks(environments: tuple[str, ...], since: datetime | None) -> list[WalkRow]:
    """The canary's walks, the newest first: WALKS_SHOWN of each environment."""
    return remembered(walks.list_walks, environments, since, WALKS_SHOWN)


def read_span(environments: tuple[str, ...]) -> Covered:
    """From when until when everything of these environments was read."""
    return remembered(covered, environments)


def _went_live(store: Store, environments: tuple[str, ...]) -> list[Went]:
    found, projects = list_deploys(store, environments), projects_of_releases(store)
    none = frozenset[str]()
    return [
        Went(one.version, one.environment, one.finished_at, projects.get(one.version, none))
        for one in found
    ]


def ask_regression(
    store: Store, wanted: FailureFilter, counted: SurveyFilter, targets: Targets
) -> Regression:
    """The same of a given store."""
    target_of = dict(targets)
    found = gather(store, wanted, counted)
    deploys = _went_live(store, wanted.environments)
    known, how = known_days(store, wanted, replace(counted, since=None), target_of, found)
    spans = _spans_of(store, wanted, found)
    facts = [
        facts_of(store, place, found, target_of.get(place[0]), deploys, wanted.organization_id)
        for place in found.spans
    ]
    decided = [_decided(store, one, found, deploys, wanted) for one in facts]
    keys = [_key_line(*one, known, spans, wanted) for one in decided]
    of_bar = wanted.environments or tuple(target_of)
    return Regression(
        keys=tuple(sorted(keys, key=_worst_first)),
        whole=together([one.verdict for one in keys]),
        rate=None if wanted.release else known.failure_rate(of_bar),
        recreation=None if wanted.release else known.recreation(of_bar, wanted.constraint),
        created_in=known.created_in,
        recreated_in=known.recreated_in,
        counted=how,
        releases=tuple(_releases(store, wanted, spans, deploys, known)),
        days=tuple(_days(wanted, known, of_bar)),
    )


def _days(wanted: FailureFilter, known: Known, environments: Sequence[str]) -> list[DayLine]:
    if wanted.release:
        return []
    numbers = known.by_day(environments, wanted.constraint)
    return day_lines(known.created_in, known.recreated_in, numbers)


def _spans_of(store: Store, wanted: FailureFilter, found: Gathered) -> list[FailingSpan]:
    """Those of the period; where it is all of time, they are known already."""
    if wanted.since is None and wanted.release is None:
        return [span for own in found.spans.values() for span in own]
    return failing.failing_spans(store, wanted)


def _decided(
    store: Store,
    facts: KeyFacts,
    found: Gathered,
    deploys: Sequence[Went],
    wanted: FailureFilter,
) -> tuple[KeyFacts, FixVerdict]:
    """Where successes decide, those that Remedies of ours made room for are told apart first."""
    verdict = decide(facts)
    if verdict.state is FixState.FIXED or verdict.back_on is not None:
        facts = with_freed(store, facts, found, deploys, wanted.organization_id)
        verdict = decide(facts)
    return facts, verdict


def _key_line(
    facts: KeyFacts,
    verdict: FixVerdict,
    known: Known,
    spans: Sequence[FailingSpan],
    wanted: FailureFilter,
) -> KeyLine:
    """What the Targets counted knows of no release, so that a release asked for has no rate."""
    place = (facts.environment, facts.constraint)
    own = (facts.environment,)
    return KeyLine(
        facts,
        verdict,
        sum(span.failures for span in spans if (span.environment, span.constraint) == place),
        None if wanted.release else known.failure_rate(own, (facts.constraint,)),
        None if wanted.release else known.recreation(own, facts.constraint),
    )


def _worst_first(line: KeyLine) -> tuple[int, int, str, str]:
    state = list(FixState).index(line.verdict.state)
    return state, -line.failures, line.facts.environment, line.facts.constraint


def _releases(
    store: Store,
    wanted: FailureFilter,
    spans: Sequence[FailingSpan],
    deploys: Sequence[Went],
    known: Known,
) -> list[ReleaseLine]:
    found = customers_by_release(store, wanted)
    hurt = {(one.release, one.environment): one.customers for one in found}
    failed: dict[tuple[str, str], Failed] = {}
    for span in spans:
        place = (span.release, span.environment)
        before = failed.get(place, Failed(*place, span.first_day, 0, hurt.get(place, 0)))
        failed[place] = replace(
            before,
            first_day=min(before.first_day, span.first_day),
            failures=before.failures + span.failures,
        )
    asked = [one for one in deploys if wanted.release in (None, one.release)]
    first_seen = {
        one.version: one.first_event for one in list_releases(store) if one.first_event is not None
    }
    lines = release_lines(
        failed.values(), asked, deploys, first_seen, known, wanted.constraint, datetime.now(UTC)
    )
    return lines[:RELEASES_SHOWN]
