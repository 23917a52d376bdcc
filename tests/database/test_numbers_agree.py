"""The same number on two pages is the same number: every one of Triage, Impact and Regression
against a straight recomputation over all the store's rows, for a spread of filter settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.reads import conflicts, failure_counts, tallies
from collectors.evidence.reads.conflicts import ConflictFilter
from collectors.evidence.reads.failures import FailureFilter
from collectors.evidence.reads.surveys import SurveyFilter
from collectors.model import Verdict
from collectors.model.customers import TRIES, Ending
from dashboard.data.regression import ask_regression
from dashboard.report.answers import Impact, Trend, Wanted, impact_in
from tests.database import hurt_world
from tests.database.hurt_world import DAY, KEYS, MIDNIGHT, NOW, OWNERS, RELEASES
from tests.factories import new_store

Frame = Any
"""What pandas-stubs say of columns would be more than what is tested."""
Frames = dict[str, Frame]

BLOCKED = [verdict for verdict in Verdict if verdict.is_blocked]
ONCE = [*BLOCKED, Verdict.UNBLOCKED]
PERIODS = {
    "any time": None,
    "30 days": MIDNIGHT - 30 * DAY,
    "7 days": MIDNIGHT - 7 * DAY,
    "24 hours": NOW.replace(second=0) - DAY,
}
PLACES = {"any": (), "production": ("production",), "sandbox": ("sandbox",)}
NARROWER = (
    (None, None, None),
    (OWNERS[5], None, None),
    (None, KEYS[1].name, None),
    (OWNERS[5], KEYS[0].name, RELEASES[1]),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = new_store(tmp_path_factory.mktemp("agree"))
    hurt_world.fill(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def raw(store: Store) -> Frames:
    """Every line of the tables, as they lie there."""
    tables = (schema.conflicts, schema.failures, schema.payments, schema.dependents)
    with store.read() as connection:
        frames = {
            table.name: pd.DataFrame(
                connection.execute(select(table)).mappings().all(),
                columns=[column.name for column in table.columns],
            )
            for table in tables
        }
    plain = {one.id: one for one in hurt_world.plain(store)}
    met = frames["conflicts"]
    met["customer"] = [plain[one].customer for one in met["id"]]
    freed: Any = [pd.Timestamp(at) if (at := plain[one].freed_at) else pd.NaT for one in met["id"]]
    met["freed"] = pd.to_datetime(freed, utc=True)
    met["row"] = [blocker["id"] if blocker else None for blocker in met["blocker"]]
    return frames


@pytest.fixture(params=PLACES)
def places(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return PLACES[request.param]


@pytest.fixture(params=PERIODS)
def since(request: pytest.FixtureRequest) -> datetime | None:
    return PERIODS[request.param]


def settings(places: tuple[str, ...], since: datetime | None) -> Iterator[Wanted]:
    for organization, constraint, release in NARROWER:
        yield Wanted(places, organization, constraint, release, since)


def narrowed(raw: Frames, wanted: Wanted, places: tuple[str, ...]) -> Frame:
    """The Conflicts that the bar asks for, of any time."""
    met = raw["conflicts"]
    if places:
        met = met[met["environment"].isin(places)]
    if wanted.organization:
        met = met[met["organization_id"] == wanted.organization]
    if wanted.constraint:
        met = met[met["constraint_name"] == wanted.constraint]
    if wanted.release:
        failed = raw["failures"]
        met = met[met["id"].isin(failed[failed["release"] == wanted.release]["conflict_id"])]
    return met


def failed(raw: Frames, wanted: Wanted, places: tuple[str, ...]) -> Frame:
    """The Failures, of any time."""
    lines = raw["failures"]
    if places:
        lines = lines[lines["environment"].isin(places)]
    if wanted.organization:
        lines = lines[lines["organization_id"] == wanted.organization]
    if wanted.constraint:
        lines = lines[lines["constraint_name"] == wanted.constraint]
    return lines[lines["release"] == wanted.release] if wanted.release else lines


def in_period(lines: Frame, column: str, since: datetime | None) -> Frame:
    return lines if since is None else lines[lines[column] >= since]


def test_triage(store: Store, raw: Frames, places: tuple[str, ...], since: datetime | None) -> None:
    for wanted in settings(places, since):
        asked = wanted.conflicts(places)
        met = in_period(narrowed(raw, wanted, places), "last_seen", since)
        lines = in_period(failed(raw, wanted, places), "occurred_at", since)
        blocked = met[met["verdict"].isin(BLOCKED)]
        assert conflicts.count_by_verdict(store, asked) == met["verdict"].value_counts().to_dict()
        assert tallies.organizations_blocked(store, asked) == blocked["organization_id"].nunique()
        every = replace(wanted.failures(places), verdicts=())
        assert failure_counts.count_failures(store, every) == len(lines)


def test_impact(store: Store, raw: Frames, places: tuple[str, ...], since: datetime | None) -> None:
    for wanted in settings(places, since):
        found = impact_in(store, wanted)
        mine = places or ("production",)
        everybody = narrowed(raw, wanted, mine)
        met = in_period(everybody, "last_seen", since)
        hit = met[met["customer"]]
        agrees_on_whom(found, met, hit)
        agrees_on_organizations(found, hit)
        agrees_on_days(found, everybody)
        agrees_on_waits(found, in_period(everybody, "first_seen", since))
        agrees_on_money(found, hit, raw)
        agrees_on_trend(found, everybody, failed(raw, wanted, mine))
        theirs = () if places else ("sandbox",)
        agrees_on_tests(found, raw, wanted, theirs)


def agrees_on_whom(found: Impact, met: Frame, hit: Frame) -> None:
    blocked = met[met["verdict"].isin(BLOCKED)]
    assert found.blocked == len(blocked)
    assert found.organizations_blocked == blocked["organization_id"].nunique()
    assert found.hurt.hit == len(hit)
    assert found.hurt.organizations == hit["organization_id"].nunique()
    edges = [*TRIES, 10**9]
    for least, beyond in pairwise(edges):
        tried = hit[(hit["failures"] >= least) & (hit["failures"] < beyond)]
        assert found.hurt.tried[least] == len(tried)
    ends = ends_of(hit, found).value_counts().to_dict()
    assert {one.value: count for one, count in found.hurt.outcomes.items() if count} == ends


def ends_of(hit: Frame, found: Impact) -> Frame:
    assert found.covered.until is not None
    quiet = found.covered.until - hurt_world.SILENCE
    plain = {row.id: row for row in hit.itertuples()}

    def end(id_: str) -> str:
        row = plain[id_]
        if row.verdict in BLOCKED:
            return "gave_up" if row.last_seen <= quiet else "too_early"
        if pd.isna(row.held_at):
            return "not_known"
        return "gave_up" if row.freed - row.last_seen >= hurt_world.SILENCE else "got_through"

    return hit["id"].map(end)


def agrees_on_organizations(found: Impact, hit: Frame) -> None:
    hit = hit.assign(
        owner=hit["organization_id"].fillna("-"),
        blocked=hit["verdict"].isin(BLOCKED),
        end=ends_of(hit, found),
    )
    listed = {one.organization_id or "-": one for one in found.hurt.listed}
    assert set(listed) == set(hit["owner"])
    for owner, own in hit.groupby("owner"):
        one = listed[str(owner)]
        blocked = own[own["blocked"]]
        assert (one.blocked, one.hit, one.attempts) == (
            len(blocked),
            len(own),
            own["failures"].sum(),
        )
        assert one.blocked_since == (None if blocked.empty else blocked["first_seen"].min())
        assert one.got_through == (own["end"] == "got_through").sum()
        assert one.gave_up == (own["end"] == "gave_up").sum()
    order = [(one.blocked, one.hit, one.attempts) for one in found.hurt.listed]
    assert order == sorted(order, reverse=True)


def agrees_on_days(found: Impact, everybody: Frame) -> None:
    met = everybody[everybody["customer"]]
    began = met["first_seen"].dt.floor("D").value_counts()
    ended = met["freed"].dropna().dt.floor("D").value_counts()
    told = {one.day: (one.began, one.ended) for one in found.days}
    days = {*began.index, *ended.index}
    assert told == {day: (began.get(day, 0), ended.get(day, 0)) for day in days}


def agrees_on_waits(found: Impact, cohort: Frame) -> None:
    met = cohort[cohort["customer"]]
    out = met[met["verdict"].isin(BLOCKED)]
    freed = met[~met["verdict"].isin(BLOCKED) & met["held_at"].notna()]
    curve = found.curve
    if curve is None:
        assert len(out) + len(freed) < 5
        return
    assert curve.censored == len(out)
    remedied = freed["released_by"].notna()
    assert curve.freed == {Ending.REMEDY: remedied.sum(), Ending.THEMSELVES: (~remedied).sum()}
    hours = ((freed["freed"] - freed["first_seen"]) / timedelta(hours=1)).clip(lower=0)
    ended = sorted(-(-hours // 1))
    assert found.covered.until is not None
    waits = [
        (found.covered.until - at) / timedelta(hours=1) for at in out["first_seen"].dt.floor("D")
    ]
    share, median = 1.0, None
    for at in sorted(set(ended)):
        at_risk = sum(hour >= at for hour in [*ended, *waits])
        share *= 1 - ended.count(at) / at_risk
        median = at if median is None and share <= 0.5 + 1e-12 else median
    assert curve.median.hours == median
    assert curve.points[-1].kept_out == pytest.approx(share)


def agrees_on_money(found: Impact, hit: Frame, raw: Frames) -> None:
    rows = hit[hit["target"] == "production"]["row"].dropna()
    paid = raw["payments"]
    paid = paid[paid["row_id"].isin(rows)]
    assert found.paid.total == paid.groupby("currency")["amount"].sum().to_dict()
    counted = rows.isin(raw["dependents"]["row_id"])
    assert sum(found.paid.known.values()) == counted.sum()


def agrees_on_trend(found: Impact, everybody: Frame, lines: Frame) -> None:
    trend = found.trend
    if not isinstance(trend, Trend):
        return
    met = everybody[everybody["customer"]]
    lines = lines[lines["verdict"].isin(ONCE)]
    for name, span in (("now", trend.spans.now), ("before", trend.spans.before)):
        if span is None:
            continue

        def within(frame: Frame, column: str) -> Frame:
            return frame[(frame[column] >= span.start) & (frame[column] < span.end)]  # noqa: B023

        began = within(met, "first_seen")
        assert getattr(trend.customers, name) == len(began)
        assert getattr(trend.organizations, name) == began["organization_id"].nunique()
        assert getattr(trend.attempts, name) == len(within(lines, "occurred_at"))
        assert getattr(trend.freed, name) == len(within(met, "freed"))


def agrees_on_tests(found: Impact, raw: Frames, wanted: Wanted, theirs: tuple[str, ...]) -> None:
    if not theirs:
        assert found.apart.hit == found.apart.failures == 0
        return
    met = in_period(narrowed(raw, wanted, theirs), "last_seen", wanted.since)
    lines = in_period(failed(raw, wanted, theirs), "occurred_at", wanted.since)
    hit = met[met["customer"]]
    assert found.apart.blocked == met["verdict"].isin(BLOCKED).sum()
    assert (found.apart.hit, found.apart.organizations) == (
        len(hit),
        hit["organization_id"].nunique(),
    )
    assert found.apart.failures == lines["verdict"].isin(ONCE).sum()


def test_triage_s_blocked_are_impact_s_customers_and_its_tests(store: Store) -> None:
    found = impact_in(store, Wanted())
    counts = conflicts.count_by_verdict(store, ConflictFilter(verdicts=tuple(BLOCKED)))
    assert found.blocked + found.apart.blocked == sum(counts.values())


def test_regression(
    store: Store, raw: Frames, places: tuple[str, ...], since: datetime | None
) -> None:
    targets = tuple((one, one) for one in ("production", "sandbox"))
    for wanted in settings(places, since):
        asked: FailureFilter = replace(wanted.failures(places), verdicts=())
        counted = SurveyFilter(organization_id=wanted.organization, constraint=wanted.constraint)
        found = ask_regression(store, asked, counted, targets)
        lines = in_period(failed(raw, wanted, places), "occurred_at", since)
        lines = lines[lines["verdict"].isin(ONCE)]
        by_key = lines.groupby(["environment", "constraint_name"]).size().to_dict()
        told = {(one.facts.environment, one.facts.constraint): one.failures for one in found.keys}
        assert {place: count for place, count in told.items() if count} == by_key
        by_release = lines.groupby(["release", "environment"])
        releases = {(one.release, one.environment): one for one in found.releases if one.failures}
        assert {
            place: one.failures for place, one in releases.items()
        } == by_release.size().to_dict()
        hurt = by_release["conflict_id"].nunique().to_dict()
        assert {place: one.customers for place, one in releases.items()} == hurt
