"""The intervals are the textbook's: compared with `scipy.stats`, and by hand."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest, chi2

from dashboard.metrics.intervals import (
    Rate,
    Share,
    at_most_failing,
    chance_of_no_failure,
    chance_of_silence,
    count_interval,
    proportion,
)

SHARES = [(0, 1), (1, 1), (0, 14), (3, 14), (14, 14), (250, 1_000)]


@pytest.mark.parametrize(("part", "whole"), SHARES)
def test_a_share_s_interval_is_clopper_and_pearson_s(part: int, whole: int) -> None:
    expected = binomtest(part, whole).proportion_ci(0.95, method="exact")
    found = Share(part, whole).interval
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("events", [0, 1, 7, 400])
def test_a_count_s_interval_is_garwood_s(events: int) -> None:
    low = chi2.ppf(0.025, 2 * events) / 2 if events else 0
    found = count_interval(events)
    assert (found.low, found.high) == pytest.approx((low, chi2.ppf(0.975, 2 * events + 2) / 2))


def test_nothing_tried_says_nothing() -> None:
    nothing = proportion(0, 0)
    assert (nothing.low, nothing.high) == (0, 1)
    assert Share(0, 0).value is None
    assert (Rate(0, 0).value, Rate(0, 0).interval) == (None, None)


def test_a_rate_is_its_count_s_interval_for_each_unit() -> None:
    found, counted = Rate(6, 2.0).interval, count_interval(6)
    assert found is not None
    assert (found.low, found.high) == (counted.low / 2, counted.high / 2)


@pytest.mark.parametrize("tries", [1, 3, 30, 300])
def test_the_rule_of_three_is_where_luck_ends(tries: int) -> None:
    assert chance_of_no_failure(at_most_failing(tries), tries) == pytest.approx(0.05)


def test_the_rule_of_three_is_about_three_for_many() -> None:
    assert at_most_failing(1_000) == pytest.approx(3 / 1_000, rel=0.01)


def test_silence_is_less_likely_the_longer_it_lasts() -> None:
    assert chance_of_silence(1.0, 3.0) == pytest.approx(0.0498, abs=1e-4)
    assert chance_of_silence(1.0, -1.0) == 1.0
