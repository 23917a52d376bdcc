"""Rates, releases and intervals of time: only whole days that are known, and nothing made up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from dashboard.metrics.buckets import (
    OTHERS,
    Counted,
    Cut,
    Interval,
    Knowing,
    intervals,
    most_named,
    piled,
)
from dashboard.metrics.fix import Live
from dashboard.metrics.intervals import Rate, Share
from dashboard.metrics.rates import Known, Window, whole_days
from dashboard.metrics.releases import (
    Failed,
    Went,
    alone,
    first_of,
    live_now,
    release_lines,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)


def day(number: int) -> date:
    return date(2026, 11, number)


Times = list[datetime | None]
WINDOWS: dict[str, tuple[Times, Times, Window | None]] = {
    "midnight-to-noon": ([MIDNIGHT - 3 * DAY], [NOON], Window(day(17), day(20))),
    "noon-to-noon": ([NOON - 3 * DAY], [NOON], Window(day(18), day(20))),
    "the-latest-beginning": (
        [MIDNIGHT - 9 * DAY, MIDNIGHT - DAY],
        [NOON],
        Window(day(19), day(20)),
    ),
    "the-earliest-end": ([MIDNIGHT - 9 * DAY], [NOON, NOON - 2 * DAY], Window(day(11), day(18))),
    "a-beginning-not-known": ([None, MIDNIGHT - DAY], [NOON], Window(day(19), day(20))),
    "no-beginning-known": ([None], [NOON], None),
    "an-end-not-known": ([MIDNIGHT - DAY], [NOON, None], None),
    "today-alone": ([MIDNIGHT], [NOON], None),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_whole_days(name: str) -> None:
    begins, ends, expected = WINDOWS[name]
    assert whole_days(begins, ends) == expected


KNOWN = Known(
    failures={
        ("production", "by_email"): {day(10): 4, day(11): 2, day(12): 50},
        ("production", "elsewhere"): {day(10): 7},
        ("sandbox", "by_email"): {day(10): 9},
    },
    creates={
        ("live", "customers"): {day(10): 100, day(11): 20, day(12): 1},
        ("test", "customers"): {day(10): 30},
    },
    succeeded={("live", ""): {day(10): 5, day(12): 90}, ("live", "by_email"): {day(10): 3}},
    failed={
        ("production", "by_email"): {day(10): 1, day(11): 2},
        ("production", "other"): {day(11): 4},
    },
    table_of={("live", "by_email"): "customers", ("test", "by_email"): "customers"},
    target_of={"production": "live", "sandbox": "test", "lost": None},
    created_in=Window(day(9), day(12)),
    recreated_in=Window(day(9), day(12)),
)


def test_a_rate_is_of_the_days_that_both_are_known_of() -> None:
    assert KNOWN.failure_rate(("production",)) == Rate(6, 120)
    assert KNOWN.failure_rate(("production", "sandbox")) == Rate(15, 150)
    assert KNOWN.failure_rate(("production",), window=Window(day(11), day(30))) == Rate(2, 20)


@pytest.mark.parametrize(
    ("environments", "keys", "window"),
    [
        (("lost",), None, None),
        (("production",), ("elsewhere",), None),
        (("production",), None, Window(day(20), day(22))),
        ((), None, None),
    ],
    ids=["no-target", "a-table-not-counted", "days-not-known", "no-environment"],
)
def test_without_both_there_is_no_rate(
    environments: tuple[str, ...], keys: tuple[str, ...] | None, window: Window | None
) -> None:
    assert KNOWN.failure_rate(environments, keys, window) is None


def test_a_target_that_is_shared_has_a_rate_only_as_a_whole() -> None:
    target_of = {"production": "live", "staging": "live"}
    shared = Known(
        KNOWN.failures, KNOWN.creates, KNOWN.succeeded, KNOWN.failed, KNOWN.table_of, target_of,
        KNOWN.created_in, KNOWN.recreated_in,
    )  # fmt: skip
    assert shared.failure_rate(("production",)) is None
    assert shared.failure_rate(("production", "staging")) == Rate(6, 120)
    assert shared.recreation(("staging",)) is None


def test_recreations_are_succeeded_of_tried() -> None:
    assert KNOWN.recreation(("production",)) == Share(5, 12)
    assert KNOWN.recreation(("production",), "by_email") == Share(3, 6)
    assert KNOWN.recreation(("sandbox",)) is None


DEPLOYS = (
    Went("1.0", "production", NOON - 20 * DAY),
    Went("1.0", "sandbox", NOON - 21 * DAY),
    Went("2.0", "production", NOON - 5 * DAY),
    Went("2.0", "sandbox", NOON - 6 * DAY),
)


def test_the_live_release_is_the_last_deployed() -> None:
    assert live_now(DEPLOYS, "production") == Live("2.0", NOON - 5 * DAY)
    assert live_now(DEPLOYS, "staging") is None


def test_a_release_is_alone_on_the_whole_days_between_two_deploys() -> None:
    assert alone(DEPLOYS, "production", "1.0", NOON) == Window(day(1), day(15))
    assert alone(DEPLOYS, "production", "2.0", NOON) == Window(day(16), day(20))
    assert alone(DEPLOYS, "production", "3.0", NOON) is None
    assert alone(DEPLOYS, "production", "2.0", NOON - 4 * DAY) is None


def test_a_release_that_is_deployed_again_is_live_since_before() -> None:
    again = (*DEPLOYS, Went("2.0", "production", NOON - DAY), Went("2.0", "production", NOON))
    assert live_now(again, "production") == Live("2.0", NOON - 5 * DAY)
    assert alone(again, "production", "2.0", NOON) == Window(day(16), day(20))


def test_a_release_that_went_back_live_is_live_since_then() -> None:
    back = (*DEPLOYS, Went("1.0", "production", NOON - 2 * DAY))
    assert live_now(back, "production") == Live("1.0", NOON - 2 * DAY)
    assert alone(back, "production", "1.0", NOON) == Window(day(19), day(20))
    assert alone(back, "production", "2.0", NOON) == Window(day(16), day(18))


def test_of_two_that_were_deployed_at_once_the_same_one_is_live_and_alone() -> None:
    at_once = (*DEPLOYS, Went("2.1", "production", NOON - 5 * DAY))
    assert live_now(at_once, "production") == Live("2.1", NOON - 5 * DAY)
    assert alone(at_once, "production", "2.1", NOON) == Window(day(16), day(20))
    assert alone(at_once, "production", "2.0", NOON) is None


def test_another_application_s_deploy_ends_no_release_s_time_alone() -> None:
    api, web = frozenset({"api"}), frozenset({"web"})
    deploys = (
        Went("1.0", "production", NOON - 20 * DAY, api),
        Went("web@7", "production", NOON - 9 * DAY, web),
        Went("2.0", "production", NOON - 5 * DAY, api | web),
    )
    assert alone(deploys, "production", "1.0", NOON) == Window(day(1), day(15))
    assert alone(deploys, "production", "web@7", NOON) == Window(day(12), day(15))


def test_of_two_that_failed_first_the_one_deployed_first() -> None:
    assert first_of(["2.0", "1.0", ""], DEPLOYS, "production") == "1.0"
    assert first_of(["3.0", "2.0"], DEPLOYS, "production") == "2.0"
    assert first_of(["1.9", "1.10"], (), "production") == "1.9"
    assert first_of([""], DEPLOYS, "production") is None


def test_the_table_has_what_failed_and_what_was_deployed() -> None:
    failed = [Failed("1.0", "production", day(3), 9, 4), Failed("0.9", "production", day(1), 1, 1)]
    seen = {"1.0": MIDNIGHT - 30 * DAY}
    lines = release_lines(failed, DEPLOYS, DEPLOYS, seen, KNOWN, None, NOON)
    told = {(one.release, one.environment): one for one in lines}
    assert [(one.release, one.environment) for one in lines][:2] == [
        ("2.0", "production"),
        ("2.0", "sandbox"),
    ]
    assert set(told) == {*((d.release, d.environment) for d in DEPLOYS), ("0.9", "production")}
    one = told["1.0", "production"]
    assert (one.failures, one.customers, one.first_seen) == (9, 4, MIDNIGHT - 30 * DAY)
    assert (one.rate, one.recreation) == (Rate(6, 120), Share(5, 12))
    never_deployed = told["0.9", "production"]
    assert never_deployed.deployed_at is None
    assert never_deployed.first_seen == datetime(2026, 11, 1, tzinfo=UTC)
    assert (never_deployed.rate, never_deployed.recreation) == (None, None)


def test_under_a_key_a_release_has_that_key_s_recreations() -> None:
    lines = release_lines([], DEPLOYS, DEPLOYS, {}, KNOWN, "by_email", NOON)
    told = {(one.release, one.environment): one for one in lines}
    assert told["1.0", "production"].recreation == Share(3, 6)


CUTS = {
    "hours": (timedelta(hours=24), Cut.HOURS),
    "days": (timedelta(days=31), Cut.DAYS),
    "weeks": (timedelta(days=100), Cut.WEEKS),
    "months": (timedelta(days=900), Cut.MONTHS),
}


@pytest.mark.parametrize("name", CUTS)
def test_no_chart_has_more_than_some_fifty_intervals(name: str) -> None:
    span, expected = CUTS[name]
    cut = Cut.of(span)
    assert cut is expected
    assert len(intervals(cut, NOON - span, NOON, None, None)) <= 55


@pytest.mark.parametrize("cut", list(Cut))
def test_intervals_follow_one_another(cut: Cut) -> None:
    found = intervals(cut, NOON - 70 * DAY, NOON, NOON - 80 * DAY, NOON)
    assert found[0].begin <= NOON - 70 * DAY
    assert found[-1].end >= NOON
    assert all(one.end == other.begin for one, other in pairwise(found))


def known(read_since: datetime | None, read_until: datetime | None) -> list[Knowing]:
    return [
        one.known for one in intervals(Cut.DAYS, MIDNIGHT - 3 * DAY, NOON, read_since, read_until)
    ]


def test_what_was_not_read_is_no_data_and_today_is_unfinished() -> None:
    whole, part, nothing = Knowing
    assert known(MIDNIGHT - 9 * DAY, NOON) == [whole, whole, whole, part]
    assert known(NOON - 2 * DAY, NOON) == [nothing, part, whole, part]
    assert known(MIDNIGHT - 9 * DAY, NOON - 2 * DAY) == [whole, part, nothing, nothing]
    assert known(None, None) == [nothing] * 4


def test_an_interval_begins_where_its_calendar_says() -> None:
    friday = NOON
    assert Cut.WEEKS.beginning(friday) == datetime(2026, 11, 16, tzinfo=UTC)
    assert Cut.MONTHS.beginning(friday) == datetime(2026, 11, 1, tzinfo=UTC)
    assert (
        Interval(MIDNIGHT, MIDNIGHT + DAY, Knowing.PART)
        == intervals(Cut.DAYS, MIDNIGHT, NOON, MIDNIGHT - DAY, NOON)[0]
    )


def test_few_names_have_a_place_of_their_own() -> None:
    counts = [Counted(NOON, f"r{n}", n) for n in range(1, 10)]
    names = most_named(counts)
    assert names == ["r9", "r8", "r7", "r6", "r5", OTHERS]
    assert piled(Cut.DAYS, counts, names)[MIDNIGHT, OTHERS] == 1 + 2 + 3 + 4
    assert most_named(counts[:6]) == ["r6", "r5", "r4", "r3", "r2", "r1"]
