"""What may be compared with what, and the sentence that stands where nothing may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collectors.model.customers import Covered
from dashboard.metrics.production import split
from dashboard.metrics.trends import Change, Comparison, Span, comparison

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
TODAY = datetime(2026, 11, 20, tzinfo=UTC)
DAY = timedelta(days=1)
ALL = Covered(TODAY - 200 * DAY, NOW)


def test_whole_days_are_compared_with_as_many_before_them() -> None:
    assert comparison(TODAY - 7 * DAY, ALL, NOW) == Comparison(
        Span(TODAY - 7 * DAY, TODAY), Span(TODAY - 14 * DAY, TODAY - 7 * DAY)
    )


@pytest.mark.parametrize(
    ("covered", "why"),
    [
        (Covered(TODAY - 14 * DAY, NOW), None),
        (Covered(TODAY - 14 * DAY + timedelta(seconds=1), NOW), "were not read in full"),
        (Covered(TODAY - 7 * DAY, NOW), "were not read in full"),
    ],
    ids=["read just far enough", "a second short", "only the period itself"],
)
def test_nothing_is_drawn_against_days_that_were_not_read(
    covered: Covered, why: str | None
) -> None:
    found = comparison(TODAY - 7 * DAY, covered, NOW)
    assert isinstance(found, Comparison)
    assert (found.before is None) == (why is not None)
    assert why is None or why in str(found.why)


@pytest.mark.parametrize(
    ("since", "covered", "why"),
    [
        (None, ALL, "Nothing to compare"),
        (NOW - DAY, ALL, "Only whole days"),
        (TODAY, ALL, "Only whole days"),
        (TODAY - 7 * DAY, Covered(None, None), "Nothing has been read"),
        (TODAY - 7 * DAY, Covered(TODAY - 6 * DAY, NOW), "within the period"),
        (TODAY - 7 * DAY, Covered(TODAY - 90 * DAY, TODAY - DAY), "were last read"),
    ],
    ids=["any time", "hours", "today", "no data", "began within", "stopped reading"],
)
def test_a_period_that_cannot_be_compared_says_why(
    since: datetime | None, covered: Covered, why: str
) -> None:
    found = comparison(since, covered, NOW)
    assert isinstance(found, str)
    assert why in found


def test_a_change_from_what_is_not_known_is_not_known() -> None:
    assert Change(5, None).difference is None
    assert Change(5, 0).difference == 5


def test_a_span_names_its_last_day_not_the_one_after() -> None:
    assert Span(TODAY - 7 * DAY, TODAY).words() == "2026-11-13 to 2026-11-19"


@pytest.mark.parametrize(
    ("there", "told", "chosen", "counted", "beside"),
    [
        (["prod-eu", "sandbox"], [], [], ("prod-eu",), ("sandbox",)),
        (["production", "sandbox"], [], ["sandbox"], ("sandbox",), ()),
        (["production", "sandbox"], ["sandbox"], [], ("sandbox",), ("production",)),
        (["staging", "eu1"], [], [], ("staging", "eu1"), ()),
        (["preproduction", "live"], [], [], ("live",), ("preproduction",)),
        ([], [], [], (), ()),
    ],
    ids=["by its first word", "only the tests", "as told", "nothing tells", "a whole word", "none"],
)
def test_what_counts_as_production(
    there: list[str],
    told: list[str],
    chosen: list[str],
    counted: tuple[str, ...],
    beside: tuple[str, ...],
) -> None:
    places = split(there, told).only(chosen)
    assert (places.counted, places.beside) == (counted, beside)
