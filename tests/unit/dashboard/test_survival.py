"""Time to unblock: against textbook numbers, and the laws that hold for any."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.model.customers import Ending
from dashboard.metrics.impact import FEW, Kept, Survival, survival, thinned

OURS, THEIRS, STILL = Ending.REMEDY, Ending.THEMSELVES, None


def curve(*kept: tuple[float, Ending | None, int]) -> Survival:
    found = survival([Kept(*one) for one in kept])
    assert found is not None
    return found


def test_whoever_is_still_kept_out_counts_for_as_long_as_we_saw_it() -> None:
    """Six at risk; at 1 one of six is freed, at 3 one of four, at 4 one of three, at 5 both."""
    found = curve(
        (1, OURS, 1), (2, STILL, 1), (3, THEIRS, 1), (4, OURS, 1), (5, OURS, 1), (5, STILL, 1)
    )
    shares = {point.hours: point.kept_out for point in found.points}
    assert shares[1] == pytest.approx(5 / 6)
    assert shares[2] == pytest.approx(5 / 6)
    assert shares[3] == pytest.approx(5 / 6 * 3 / 4)
    assert shares[4] == pytest.approx(5 / 6 * 3 / 4 * 2 / 3)
    assert shares[5] == pytest.approx(5 / 6 * 3 / 4 * 2 / 3 / 2)
    assert found.median.hours == 4
    assert (found.customers, found.censored) == (6, 2)


@pytest.mark.parametrize(
    ("kept", "median"),
    [
        ([(2, OURS, 10)], 2),
        ([(2, OURS, 10), (9, STILL, 10)], 2),
        ([(2, OURS, 10), (9, STILL, 11)], None),
        ([(9, STILL, 10)], None),
        ([(0, OURS, 10)], 0),
    ],
    ids=["all at once", "half", "less than half", "nobody", "within the first hour"],
)
def test_the_median_is_none_before_half_are_free(
    kept: list[tuple[float, Ending | None, int]], median: float | None
) -> None:
    assert curve(*kept).median.hours == median


def test_a_few_customers_have_no_curve() -> None:
    assert survival([Kept(1, OURS, FEW - 1)]) is None
    assert survival([Kept(1, OURS, FEW)]) is not None


many = st.lists(
    st.builds(
        Kept,
        st.integers(0, 400).map(float),
        st.sampled_from([OURS, THEIRS, STILL]),
        st.integers(1, 9),
    ),
    min_size=FEW,
    max_size=40,
)


@given(many)
def test_at_any_time_everybody_is_kept_out_or_freed_by_one_thing(kept: list[Kept]) -> None:
    found = survival(kept)
    assert found is not None
    for point in found.points:
        assert point.kept_out + point.remedy + point.themselves == pytest.approx(1)
        assert -1e-9 <= point.low <= point.kept_out + 1e-9
        assert point.kept_out <= point.high + 1e-9 <= 1 + 2e-9


@given(many)
def test_the_interval_of_the_median_holds_it(kept: list[Kept]) -> None:
    found = survival(kept)
    assert found is not None
    median = found.median
    if median.hours is not None:
        assert median.low is not None
        assert median.low <= median.hours
        assert median.high is None or median.hours <= median.high


@given(many, st.integers(2, 10))
def test_thinning_keeps_both_ends(kept: list[Kept], most: int) -> None:
    found = survival(kept)
    assert found is not None
    some = thinned(found.points, most)
    assert len(some) <= most
    assert (some[0], some[-1]) == (found.points[0], found.points[-1])
