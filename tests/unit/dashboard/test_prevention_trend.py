"""Trends by day: what was not looked at stays as it was, what was looked at and gone is zero."""

from __future__ import annotations

from datetime import date

from dashboard.charts import prevention as charts
from dashboard.metrics.prevention import Counted, Point, by_day

ONE, TWO, THREE, FOUR = (date(2026, 11, day) for day in (1, 2, 3, 4))


def test_a_day_without_a_look_is_as_the_last_one() -> None:
    found = by_day([Counted("a", ONE, "high", 2), Counted("a", THREE, "high", 5)])
    assert found == [Point(ONE, "high", 2), Point(TWO, "high", 2), Point(THREE, "high", 5)]


def test_a_look_that_found_none_of_a_series_is_zero() -> None:
    found = by_day(
        [
            Counted("a", ONE, "high", 1),
            Counted("a", ONE, "low", 3),
            Counted("a", TWO, "low", 3),
            Counted("b", ONE, "high", 4),
        ]
    )
    assert [point.count for point in found if point.series == "high"] == [5, 4]


def test_the_last_look_counts_though_it_left_no_line() -> None:
    found = by_day([Counted("a", ONE, "high", 1)], {"a": THREE, "never": FOUR})
    assert [(point.day, point.count) for point in found] == [(ONE, 1), (TWO, 1), (THREE, 0)]


def test_a_series_that_is_always_zero_and_nothing_at_all_are_left_out() -> None:
    assert by_day([Counted("a", ONE, "high", 0)]) == []
    assert by_day([]) == []


def test_a_chart_is_told_in_words_too() -> None:
    points = by_day([Counted("a", ONE, "low", 1), Counted("a", TWO, "high", 1_200)])
    assert charts.described(points, "Findings") == (
        "Findings. high: 0 on 2026-11-01, 1,200 on 2026-11-02;"
        " low: 1 on 2026-11-01, 0 on 2026-11-02."
    )
    for chart in (charts.lines(points, "Rows"), charts.bars(points, "Rows")):
        drawn = chart.to_dict()
        assert drawn["height"] == charts.HEIGHT
