"""The Regression page's charts: what is drawn, what is no data, and whose words are in it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import vl_convert

from dashboard.charts import canary, estimates, failures
from dashboard.charts.ground import MOST_LABELS, MOST_LINES, STROKE, Ground, Mark
from dashboard.metrics.buckets import OTHERS, Cut, Knowing, intervals
from dashboard.metrics.intervals import Rate, Share
from dashboard.metrics.rates import Window
from dashboard.metrics.success import (
    DayLine,
    Estimate,
    day_lines,
    rate_estimates,
    recreation_estimates,
)

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
HOSTILE = "<img src=https://evil.example>"


def ground(read_until: datetime = NOW, days: int = 4) -> Ground:
    since = MIDNIGHT - days * DAY
    return Ground(Cut.DAYS, intervals(Cut.DAYS, since, NOW, since - DAY, read_until))


def piles(**counts: int) -> Counter[tuple[datetime, str]]:
    return Counter({(MIDNIGHT - 2 * DAY, name): count for name, count in counts.items()})


def test_pieces_stand_on_one_another_in_the_order_of_the_names() -> None:
    frame = failures.frame(ground().spans, ["a", "b", OTHERS], piles(a=5, b=2))
    assert frame[["name", "from", "to"]].to_numpy().tolist() == [["a", 0, 5], ["b", 5, 7]]


def test_what_was_not_read_has_no_bar_and_is_said() -> None:
    late = ground(read_until=MIDNIGHT - 2 * DAY)
    spec = failures.failures(late, ["a"], piles(), []).to_dict()
    texts = [layer for layer in spec["layer"] if layer["mark"]["type"] == "text"]
    assert [one["encoding"]["text"]["field"] for one in texts] == ["what"]
    assert "Not read: 3" in failures.described(late, piles(a=1))
    assert len(failures.failures(ground(), ["a"], piles(), []).to_dict()["layer"]) == 1


def test_an_interval_that_is_not_over_is_unfinished() -> None:
    today = Counter({(MIDNIGHT, "a"): 3})
    assert failures.frame(ground().spans, ["a"], today)["known"].tolist() == [str(Knowing.PART)]


def test_a_failure_where_nothing_was_read_is_read_in_part() -> None:
    late = ground(read_until=MIDNIGHT - 3 * DAY)
    assert failures.frame(late.spans, ["a"], piles(a=1))["known"].tolist() == [str(Knowing.PART)]


@pytest.mark.parametrize(("many", "layers"), [(1, 2), (MOST_LABELS, 2), (MOST_LABELS + 1, 1)])
def test_deploys_are_named_where_they_are_few(many: int, layers: int) -> None:
    marks = [Mark(MIDNIGHT - DAY, f"r{n}") for n in range(many)]
    assert len(ground().marks(marks)) == layers


def test_of_very_many_deploys_none_is_drawn_over_the_failures() -> None:
    marks = [Mark(MIDNIGHT - DAY, f"r{n}") for n in range(MOST_LINES + 1)]
    (strokes,) = ground().marks(marks)
    assert strokes.to_dict()["encoding"]["y2"] == {"value": STROKE}


def test_what_was_deployed_before_is_not_drawn() -> None:
    assert ground().marks([Mark(MIDNIGHT - 30 * DAY, "old")]) == []


def test_names_come_with_the_data_and_never_with_the_specification() -> None:
    marks = [Mark(MIDNIGHT - DAY, HOSTILE)]
    point = Estimate(ground().spans[0], 0.5, 0.2, 0.8, "5 of 10")
    walked = [canary.Walked(HOSTILE, MIDNIGHT, "red")]
    for chart in (
        failures.failures(ground(), [HOSTILE], piles(**{HOSTILE: 3}), marks),
        estimates.estimates(ground(), [point], "Success", ".0%", marks),
        canary.strip(walked),
    ):
        spec = chart.to_dict()
        spec.pop("datasets")
        assert "evil.example" not in json.dumps(spec)
    said = failures.described(ground(), piles(**{HOSTILE: 3})) + canary.described(walked)
    assert "evil.example" not in said


def test_days_that_were_not_counted_have_no_numbers() -> None:
    numbers = {
        "failures": {date(2026, 11, 17): 3},
        "creates": {date(2026, 11, 17): 30},
        "succeeded": {date(2026, 11, 18): 2},
        "failed": {date(2026, 11, 17): 1},
    }
    counted, again = (
        Window(date(2026, 11, 17), date(2026, 11, 18)),
        Window(date(2026, 11, 17), date(2026, 11, 19)),
    )
    assert day_lines(counted, again, numbers) == [
        DayLine(date(2026, 11, 17), 3, 30, 0, 1),
        DayLine(date(2026, 11, 18), 0, None, 2, 0),
    ]
    assert day_lines(None, None, numbers) == []


def test_an_estimate_has_its_interval_and_says_what_it_rests_on() -> None:
    days = [DayLine(date(2026, 11, 17), 3, 30, 4, 1), DayLine(date(2026, 11, 18), 0, None, None, 5)]
    (share,) = recreation_estimates(Cut.DAYS, ground().spans, days)
    sure = Share(4, 5).interval
    assert (share.value, share.low, share.high) == (0.8, sure.low, sure.high)
    assert share.rests_on == "4 of 5 Re-creations succeeded"
    (rate,) = rate_estimates(Cut.DAYS, ground().spans, days)
    expected = Rate(3, 30).interval
    assert expected is not None
    assert (rate.value, rate.low, rate.high) == (0.1, expected.low, expected.high)
    assert rate.rests_on == "3 Failures, 30 creates"


def test_a_week_of_which_days_are_missing_is_unfinished() -> None:
    weeks = intervals(Cut.WEEKS, MIDNIGHT - 10 * DAY, NOW, MIDNIGHT - 40 * DAY, NOW)
    days = [DayLine(date(2026, 11, 9) + n * DAY, 1, 10, 1, 1) for n in range(9)]
    assert [one.interval.known for one in recreation_estimates(Cut.WEEKS, weeks, days)] == [
        Knowing.WHOLE,
        Knowing.PART,
    ]
    assert estimates.described([], "Success", ".0%") == "Success: no data."


def test_the_browser_has_nothing_to_warn_of() -> None:
    point = Estimate(ground().spans[0], 0.5, 0.2, 0.8, "5 of 10")
    marks = [Mark(MIDNIGHT - DAY, "r1")]
    late = ground(read_until=MIDNIGHT - 2 * DAY)
    for chart in (
        failures.failures(late, ["a"], piles(a=3), marks),
        estimates.estimates(late, [point], "Success", ".0%", marks),
    ):
        drawn = vl_convert.vegalite_to_vega(chart.to_dict())
        (axis,) = (one for one in drawn["scales"] if one["name"] == "x")
        assert axis["domain"].keys() == {"signal"}  # else several that it puts together, warning
        for layer in chart.to_dict()["layer"]:
            shades = [layer["encoding"].get(one) for one in ("opacity", "fillOpacity")]
            assert all(one["type"] == "ordinal" for one in shades if one)


def test_a_deploy_is_named_above_what_is_drawn() -> None:
    _, label = ground().marks([Mark(MIDNIGHT - DAY, "r1")])
    drawn = label.to_dict()
    assert (drawn["mark"]["baseline"], drawn["encoding"]["y"]) == ("bottom", {"value": 0})
