"""Failures over time by what is told apart, and the trends of both rates below."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import streamlit as st

from collectors.evidence.reads.failure_counts import By, FailureCount, Step
from collectors.model import OF_THIS_BUG
from collectors.model.customers import Covered
from dashboard import data
from dashboard.charts import estimates as estimate_chart
from dashboard.charts import failures as failure_chart
from dashboard.charts.ground import Ground, Mark, marks_described
from dashboard.components import address, picture, plain
from dashboard.components.filters import Filters
from dashboard.data.regression import Regression
from dashboard.metrics.buckets import (
    UNKNOWN,
    Counted,
    Cut,
    Knowing,
    intervals,
    most_named,
    piled,
)
from dashboard.metrics.success import Estimate, rate_estimates, recreation_estimates

APART = {
    "release": By.RELEASE,
    "environment": By.ENVIRONMENT,
    "key": By.CONSTRAINT,
    "operation": By.OPERATION,
}
THIS_BUG, EVERY = "this bug", "every failure"


def show(found: Regression, chosen: Filters) -> None:
    """The chart, its switches, and the trends."""
    st.header("Failures over time", anchor=False)
    by, verdicts = _switches()
    now = datetime.now(UTC)
    counts = _counts(chosen, by, this_bug=verdicts == THIS_BUG, now=now)
    ground = _ground(chosen, counts, now)
    marks, told = _marks(chosen)
    _failures(ground, counts, marks, told)
    _trends(found, chosen, ground, marks, now)


def _switches() -> tuple[By, str]:
    address.say_what_is_not_known({"by": APART, "of": (THIS_BUG, EVERY)})
    with st.container(horizontal=True, gap="small"):
        apart = st.selectbox("Told apart by", list(APART), key="by", bind="query-params", width=170)
        which = st.selectbox(
            "Failures of",
            [THIS_BUG, EVERY],
            key="of",
            bind="query-params",
            width=170,
            help="This bug: blocked by a deleted row or by what its deletion left behind, "
            "unblocked since or not. Every failure: whatever the Verdict.",
        )
    return APART[apart], which


def _counts(chosen: Filters, by: By, *, this_bug: bool, now: datetime) -> list[Counted]:
    """By the hour where the ground is cut so: a day's number would all stand in its first one."""
    wanted = chosen.failures(*(OF_THIS_BUG if this_bug else ()))
    since = chosen.since or data.read_span(chosen.environments).since
    hourly = since is not None and Cut.of(now - since) is Cut.HOURS
    found = data.failures_over_time(wanted, by, Step.HOUR if hourly else Step.DAY)
    return [_counted(one) for one in found if one.at is not None]


def _counted(one: FailureCount) -> Counted:
    assert one.at is not None
    return Counted(one.at, plain.cleaned(one.names[0]) or UNKNOWN, one.failures)


def _ground(chosen: Filters, counts: Sequence[Counted], now: datetime) -> Ground | None:
    """From where the period begins, else from where everything was read."""
    read = data.read_span(chosen.environments)
    begins = [read.since, min((one.at for one in counts), default=None)]
    since = chosen.since or min(filter(None, begins), default=None)
    if since is None:
        return None
    return _ground_from(since, now, Cut.of(now - since), read)


def _ground_from(since: datetime, now: datetime, cut: Cut, read: Covered) -> Ground:
    return Ground(cut, intervals(cut, since, now, read.since, read.until))


def _marks(chosen: Filters) -> tuple[list[Mark], str]:
    """Deploys; where the server tells none, the first Event of each release. And what they are."""
    deploys = data.went_live(chosen.environments)
    everywhere = {one.environment for one in deploys}
    there: defaultdict[tuple[str, date], set[str]] = defaultdict(set)
    for one in deploys:
        there[one.release, one.at.date()].add(one.environment)
    told = [
        (one.release, one.at, _label(one.release, there[one.release, one.at.date()], everywhere))
        for one in deploys
    ]
    words = "deploys"
    if not deploys:
        releases = data.known_releases()
        told = [(r.version, r.first_event, r.version) for r in releases if r.first_event]
        words = "the first Event of each release; the server tells of no deploy"
    asked = [Mark(at, plain.cleaned(label)) for release, at, label in told
             if chosen.release in (None, release)]  # fmt: skip
    return asked, words


def _label(release: str, there: set[str], everywhere: set[str]) -> str:
    """The environments are named where it went live in some of them alone that day."""
    return release if there == everywhere else f"{release} ({', '.join(sorted(there))})"


def _failures(
    ground: Ground | None, counts: Sequence[Counted], marks: Sequence[Mark], told: str
) -> None:
    if ground is None or not counts:
        st.info("No Failure matches these filters.", icon=":material/filter_alt_off:")
        return
    names = most_named(counts)
    piles = piled(ground.cut, counts, names)
    picture.show(
        failure_chart.failures,
        ground,
        names,
        piles,
        marks,
        alt=failure_chart.described(ground, piles),
        key="failures_over_time",
    )
    drawn = len(ground.among(marks))
    lines = marks_described(drawn, told) if drawn else "No deploy is known in this time."
    nothing = any(span.known is Knowing.NOTHING for span in ground.spans)
    grey = " Grey: not read, so no data." if nothing else ""
    st.caption(f"Faint: not over, or read in part.{grey} {lines}")


def _trends(
    found: Regression,
    chosen: Filters,
    ground: Ground | None,
    marks: Sequence[Mark],
    now: datetime,
) -> None:
    """By week, where a day has too few Re-creations to say anything."""
    nothing = "No data: no whole day of the period was both read and counted."
    if chosen.release is not None:
        nothing = "No data: no Target knows of releases. See the table of releases."
    left, right = st.columns(2)
    if ground is None or ground.cut is Cut.HOURS:
        left.caption("Creates and Re-creations are counted by whole days: no data for hours.")
        return
    if ground.cut is Cut.DAYS and len(ground.spans) > 14:
        read = data.read_span(chosen.environments)
        ground = _ground_from(ground.spans[0].begin, now, Cut.WEEKS, read)
    with left:
        points = recreation_estimates(ground.cut, ground.spans, found.days)
        _trend(ground, points, "Re-creation success", ".0%", marks, nothing)
    with right:
        points = rate_estimates(ground.cut, ground.spans, found.days)
        told = [_per_thousand(one) for one in points]
        _trend(ground, told, "Violations per 1,000 creates", ",.3~r", marks, nothing)


def _per_thousand(rate: Estimate) -> Estimate:
    """As the number at the top and the tables have it."""
    value, low, high = (1_000 * one for one in (rate.value, rate.low, rate.high))
    return replace(rate, value=value, low=low, high=high)


def _trend(
    ground: Ground,
    points: Sequence[Estimate],
    what: str,
    form: str,
    marks: Sequence[Mark],
    nothing: str,
) -> None:
    """`nothing` says why there is no point."""
    st.markdown(f"**{what}**, with its 95% interval")
    if not points:
        st.caption(nothing)
        return
    picture.show(
        estimate_chart.estimates,
        ground,
        points,
        what,
        form,
        marks,
        alt=estimate_chart.described(points, what, form),
        key=what,
    )
