"""Impact's pictures: which days they tell of, and their words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pandas as pd
import pytest

from collectors.model.customers import Covered, DayOfCustomers, Ending
from dashboard.charts.impact import (
    begun_and_freed,
    by_day,
    curve_in_words,
    days_in_words,
    kept_out_by_day,
    time_to_unblock,
)
from dashboard.metrics.impact import Kept, survival
from dashboard.report.drawing import svg

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
TODAY = datetime(2026, 11, 20, tzinfo=UTC)
DAYS = [DayOfCustomers(TODAY - 9 * DAY, 2, 0), DayOfCustomers(TODAY - 3 * DAY, 1, 2)]
READ_LONG_SINCE = Covered(TODAY - 400 * DAY, NOW)
READ = Covered(TODAY - 30 * DAY, NOW)

SPANS = {
    "until-now": (None, READ, 9, 0, 1),
    "of-a-period": (TODAY - 4 * DAY, READ, 4, 0, 1),
    "reading-stopped": (None, Covered(READ.since, TODAY - 2 * DAY), 9, 2, 1),
    "reading-stopped-before-somebody-was-freed": (
        None,
        Covered(READ.since, NOW - 5 * DAY),
        9,
        5,
        2,
    ),
    "earlier-days-still-to-be-read": (None, Covered(TODAY - 5 * DAY, NOW), 5, 0, 1),
}


@pytest.mark.parametrize("freed", [0, 1, 2])
def test_nobody_is_half_a_customer(freed: int) -> None:
    """Where few are drawn Vega's ticks are halves, which have no label, rounded or not."""
    found = by_day([DayOfCustomers(TODAY - DAY, 2 - freed, freed)], None, READ)
    told = re.findall(r">([\d.]+)</text>", svg(begun_and_freed(found), "x"))
    assert sorted(map(int, told)) == sorted([*range(3 - freed), *range(1, freed + 1)])


@pytest.mark.parametrize("name", SPANS)
def test_only_days_that_were_read_are_told(name: str) -> None:
    since, read, first, last, out = SPANS[name]
    found = by_day(DAYS, since, read)
    days = [one.to_pydatetime().replace(tzinfo=UTC) for one in found["day"]]
    assert (days[0], days[-1]) == (TODAY - first * DAY, TODAY - last * DAY)
    assert found["out"].iloc[-1] == out
    assert found["unfinished"].tolist() == [False] * (len(days) - 1) + [True]


def test_nothing_is_drawn_of_a_period_that_was_not_read() -> None:
    assert by_day(DAYS, TODAY - DAY, Covered(READ.since, NOW - 5 * DAY)).empty
    assert by_day(DAYS, None, Covered(None, None)).empty


@pytest.mark.parametrize(("days", "length"), [(9, DAY), (120, 7 * DAY)], ids=["days", "weeks"])
def test_a_bar_is_as_wide_as_its_time_and_touches_no_other(days: int, length: timedelta) -> None:
    """Whatever the picture's width: one of a fixed width covers its neighbours in a narrow one."""
    read = Covered(TODAY - 400 * DAY, NOW)
    told = by_day([DayOfCustomers(TODAY - days * DAY, 2, 1)], None, read)
    (rows,) = begun_and_freed(told).to_dict()["datasets"].values()
    began = [row for row in rows if row["what"].startswith("First")]
    edges = [(pd.Timestamp(row["begin"]), pd.Timestamp(row["end"])) for row in began]
    assert all(0.5 * length < end - begin < length for begin, end in edges)
    assert all(end < begin for (_, end), (begin, _) in pairwise(edges))


@pytest.mark.parametrize("before", [0, 1, 2, 8, 30, 90])
def test_no_label_of_a_chart_names_a_day_twice(before: int) -> None:
    """Between two midnights a label would say the day once more; a day alone is labelled too."""
    told = by_day([DayOfCustomers(TODAY - before * DAY, 2, 1)], None, READ_LONG_SINCE)
    for chart in (kept_out_by_day(told), begun_and_freed(told)):
        named = re.findall(r">(\d+ [A-Z][a-z]{2})<", svg(chart, "described"))
        assert named
        assert len(named) == len(set(named))


def test_thousands_are_told_alike_on_either_picture_of_days() -> None:
    told = by_day([DayOfCustomers(TODAY - DAY, 6_000, 5_000)], None, READ)
    for chart in (kept_out_by_day(told.assign(out=6_000)), begun_and_freed(told)):
        drawn = svg(chart, "described")
        assert ">4,000<" in drawn
        assert ">4000<" not in drawn


def test_one_day_alone_is_seen() -> None:
    told = by_day([DayOfCustomers(TODAY, 2, 0)], None, READ)
    assert "mark-symbol" in svg(kept_out_by_day(told), "described")


def test_one_customer_is_no_customers() -> None:
    assert "1 customer was kept out for the first time" in days_in_words(
        by_day(DAYS[1:], None, READ)
    )
    told = days_in_words(by_day([DayOfCustomers(TODAY - DAY, 1, 0)], None, READ))
    assert "At most 1 was kept out" in told
    assert "at the end 1 is, whenever" in told


@pytest.mark.parametrize("kept", range(50, 58))
def test_no_more_than_all_customers_are_drawn(kept: int) -> None:
    """Shares that are added up come to a hair more than one, now and then."""
    endings = (Ending.REMEDY, Ending.THEMSELVES, None)
    curve = survival([Kept(7.3 * n, endings[n % 3], 1 + n % 7) for n in range(1, kept)])
    assert curve is not None
    told = re.findall(r">(\d+)%</text>", svg(time_to_unblock(curve), "x"))
    assert max(map(int, told)) == 100


def test_the_shares_of_customers_come_to_all_of_them() -> None:
    endings = (Ending.REMEDY, Ending.THEMSELVES, None)
    curve = survival([Kept(9.0, one, 400) for one in endings])
    assert curve is not None
    assert (
        "After 9 hours, estimated from those seen for so long, 34% are still kept out, 33% were"
        in (curve_in_words(curve))
    )
    few = survival([Kept(9.0, None, 1), Kept(9.0, Ending.REMEDY, 999)])
    assert few is not None
    assert "0.1% are still kept out, 99.9% were freed" in curve_in_words(few)
