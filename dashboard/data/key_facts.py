"""What is known of each unique key that fails, put together from what the store counted.

Of the filter bar these obey environment, organization and key. Not the period, for whether it is
fixed today depends on all that was ever read; nor the release, of which no Target knows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from collectors.evidence.database import Store
from collectors.evidence.reads import covered, failing, findings
from collectors.evidence.reads.conflicts import ConflictFilter
from collectors.evidence.reads.counted_days import recreations_by_key
from collectors.evidence.reads.exposure import KeyExposure, exposure_by_key
from collectors.evidence.reads.failed_recreations import failed_recreations
from collectors.evidence.reads.failing import FailingSpan
from collectors.evidence.reads.failure_counts import By, count_by
from collectors.evidence.reads.failures import FailureFilter
from collectors.evidence.reads.findings import FindingRow
from collectors.evidence.reads.releases import projects_of_releases
from collectors.evidence.reads.surveys import SurveyFilter, tables_counted
from collectors.evidence.reads.walks import WalkRow, list_walks
from collectors.model import OF_THIS_BUG, Counting, Topic
from collectors.model.customers import Covered
from dashboard.metrics.fix import CanaryLook, KeyFacts, Tries
from dashboard.metrics.regression import back_on
from dashboard.metrics.releases import Went, first_of, live_now, of_projects

DAY = timedelta(days=1)
Place = tuple[str, str]
"""(environment or Target, key)"""


@dataclass(frozen=True, slots=True)
class Exposed:
    """Tombstones that hold a key, how long ago they were counted, and whether all rows were."""

    rows: int
    at: datetime
    exact: bool

    def with_those(self, other: Exposed) -> Exposed:
        """Both, as old and as sure as the lesser of them."""
        return Exposed(self.rows + other.rows, min(self.at, other.at), self.exact and other.exact)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was asked of the store, once for all keys."""

    spans: Mapping[Place, Sequence[FailingSpan]]
    blocked: Mapping[Place, int]
    last: Mapping[Place, datetime]
    findings: Mapping[Place, FindingRow]
    gone: Mapping[Place, datetime]
    audited: Mapping[str, datetime]
    exposure: Mapping[Place, Exposed]
    succeeded: Mapping[Place, Mapping[date, int]]
    counted: Counting | None
    counted_in: Set[Place]
    failed: Mapping[Place, Mapping[date, int]]
    walks: Mapping[str, WalkRow]
    tables: Mapping[Place, str]
    covered: Covered
    read_until: Mapping[str | None, datetime | None]
    projects: Mapping[str, frozenset[str]]

    def is_counted(self, target: str | None, table: str) -> bool:
        """Whether its Re-creations were, in any schema: an Event does not tell that."""
        return (target, _bare(table)) in self.counted_in


def gather(store: Store, wanted: FailureFilter, counted: SurveyFilter) -> Gathered:
    """Ask for everything."""
    ever = replace(wanted, since=None, until=None, release=None, verdicts=())
    conflicts = ConflictFilter(
        environments=wanted.environments,
        organization_id=wanted.organization_id,
        constraint=wanted.constraint,
    )
    counted = replace(counted, since=None, until=None)
    still = _by_place(findings.list_findings(store, counted.targets))
    gone = findings.list_findings(store, counted.targets, gone=True)
    exposure = exposure_by_key(store, counted)
    recreated = recreations_by_key(store, counted)
    rows = () if recreated is None else recreated.rows
    failed = failed_recreations(store, ever)
    exposed = () if exposure is None else exposure.rows
    spans = _spans(failing.failing_spans(store, ever))
    last_days = {place: max(one.last_day for one in own) for place, own in spans.items()}
    return Gathered(
        spans=spans,
        blocked=failing.blocked_by_key(store, conflicts),
        last=failing.last_failures(store, ever, last_days),
        findings=still,
        gone={place: row.gone_at for place, row in _by_place(gone).items() if row.gone_at},
        audited=findings.last_audits(store),
        exposure=_together(exposed),
        succeeded=by_day(((one.target, one.constraint), one.day, one.count) for one in rows),
        counted=None if recreated is None else recreated.how,
        counted_in=frozenset(
            (target, _bare(label))
            for target, label in tables_counted(store, Topic.RECREATIONS, counted)
        ),
        failed=by_day(((f.environment, f.constraint), f.day, f.customers) for f in failed),
        walks={walk.environment: walk for walk in list_walks(store, wanted.environments)},
        tables={
            **{place: row.finding.table for place, row in {**_by_place(gone), **still}.items()},
            **{(one.target, one.constraint): one.table for one in rows},
            **{(one.target, one.constraint): one.table for one in exposed},
        },
        covered=covered.covered(store, wanted.environments),
        read_until=covered.read_until(store, {environment for environment, _ in spans}),
        projects=projects_of_releases(store),
    )


def facts_of(
    store: Store,
    place: Place,
    found: Gathered,
    target: str | None,
    deploys: Sequence[Went],
    organization: str | None = None,
) -> KeyFacts:
    """One key in one environment, of every organization or the one asked about."""
    environment, key = place
    spans, there = found.spans[place], (target or "", key)
    read_until = found.read_until[environment]
    own = frozenset[str]().union(*(found.projects.get(span.release, ()) for span in spans))
    finding, exposed = found.findings.get(there), found.exposure.get(there)
    table = found.tables.get(there) or spans[0].table
    how = found.counted if found.is_counted(target, table) else None
    tries = _tries(place, there, found, how)
    return KeyFacts(
        environment,
        table,
        key,
        failures=sum(span.failures for span in spans),
        first_day=min(span.first_day for span in spans),
        last_failed=_last_failed(spans, found.last.get(place), read_until),
        read_until=read_until,
        blocked_now=found.blocked.get(place, 0),
        finding=finding.finding.rule if finding else None,
        audited_at=found.audited.get(target or ""),
        mended_at=None if finding else found.gone.get(there),
        exposure=exposed.rows if exposed else None,
        exposed_at=exposed.at if exposed else None,
        exposure_exact=exposed is None or exposed.exact,
        tries=tries,
        counted_at=how.as_of if how else None,
        canary=_canary(found.walks.get(environment), table),
        live=live_now(of_projects(deploys, own), environment),
        first_bad=_first_bad(store, place, spans, back_on(tries), deploys, organization),
    )


def with_freed(
    store: Store,
    facts: KeyFacts,
    found: Gathered,
    deploys: Sequence[Went],
    organization: str | None,
) -> KeyFacts:
    """The same with what Remedies of ours freed: needed only where successes would decide.

    Where those made the successes that it seemed to come back after, it failed first before them.
    """
    wanted = ConflictFilter(
        environments=(facts.environment,),
        constraint=facts.constraint,
        organization_id=organization,
    )
    freed = {one.day: one.conflicts for one in failing.freed_by_us(store, wanted)}
    told = {one.day: one for one in facts.tries}
    empty = {day: Tries(day, None, 0) for day in freed}
    days = {**empty, **told}
    tries = tuple(replace(days[day], released=freed.get(day, 0)) for day in sorted(days))
    first_bad, back, place = facts.first_bad, back_on(tries), (facts.environment, facts.constraint)
    if back != back_on(facts.tries):
        first_bad = _first_bad(store, place, found.spans[place], back, deploys, organization)
    return replace(facts, tries=tries, first_bad=first_bad)


def by_day(rows: Iterable[tuple[Place, date, int]]) -> dict[Place, dict[date, int]]:
    """Numbers by place, each by day."""
    found: defaultdict[Place, dict[date, int]] = defaultdict(dict)
    for place, day, count in rows:
        found[place][day] = found[place].get(day, 0) + count
    return dict(found)


def _together(rows: Iterable[KeyExposure]) -> dict[Place, Exposed]:
    """A schema for each tenant has every key's name many times: all of them count."""
    found: dict[Place, Exposed] = {}
    for one in rows:
        mine, place = Exposed(one.tombstones, one.as_of, one.exact), (one.target, one.constraint)
        found[place] = mine if place not in found else found[place].with_those(mine)
    return found


def _bare(table: str) -> str:
    return table.rpartition(".")[2]


def _tries(place: Place, there: Place, found: Gathered, how: Counting | None) -> tuple[Tries, ...]:
    good, bad = found.succeeded.get(there, {}), found.failed.get(place, {})
    since = None if how is None or how.covers_from is None else how.covers_from.date()
    return tuple(
        Tries(
            day,
            good.get(day, 0) if since is not None and day >= since else None,
            bad.get(day, 0),
        )
        for day in sorted({*good, *bad})
    )


def _last_failed(
    spans: Sequence[FailingSpan], told: datetime | None, read_until: datetime | None
) -> datetime | None:
    """To the microsecond, else by the end of its day."""
    last_day = max(span.last_day for span in spans)
    if told is not None and told.astimezone(UTC).date() >= last_day:
        return told
    end = datetime.combine(last_day + DAY, time(), UTC)
    return end if read_until is None else min(end, read_until)


def _first_bad(
    store: Store,
    place: Place,
    spans: Sequence[FailingSpan],
    back: date | None,
    deploys: Sequence[Went],
    organization: str | None,
) -> str | None:
    """Of several that failed on the first day it is asked when each did."""
    first = back or min(span.first_day for span in spans)
    day = datetime.combine(first, time(), UTC)
    wanted = FailureFilter(
        environments=(place[0],),
        constraint=place[1],
        organization_id=organization,
        verdicts=OF_THIS_BUG,
        since=day,
        until=day + DAY,
    )
    if back is None:
        releases = {span.release for span in spans if span.first_day == first}
    else:
        releases = {one.names[0] for one in count_by(store, wanted, (By.RELEASE,))}
    named = list(filter(None, releases))
    if len(named) > 1:
        named = failing.in_order(store, wanted, named)
    return first_of(named, deploys, place[0])


def _canary(walk: WalkRow | None, table: str) -> CanaryLook | None:
    if walk is None:
        return None
    name = table.rpartition(".")[2].strip('"').lower()
    words = {
        word
        for step in walk.steps
        for word in re.split(r"[/?&=]", str(step.get("path", "")).lower())
    }
    return CanaryLook(walk.color, walk.finished_at, name in words)


def _by_place(rows: Sequence[FindingRow]) -> dict[Place, FindingRow]:
    """The worst Finding of each key comes first, and stays."""
    return {(row.target, row.finding.constraint): row for row in reversed(rows)}


def _spans(spans: Sequence[FailingSpan]) -> dict[Place, list[FailingSpan]]:
    found: defaultdict[Place, list[FailingSpan]] = defaultdict(list)
    for span in spans:
        found[span.environment, span.constraint].append(span)
    return dict(found)
