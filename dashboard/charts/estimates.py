"""A share or a rate over time, each point with how sure it is."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from collectors.model.counted import counted
from dashboard.charts.ground import INKS, Ground, Mark
from dashboard.metrics.buckets import Knowing
from dashboard.metrics.percents import percent
from dashboard.metrics.reasons import figure
from dashboard.metrics.success import Estimate

HEIGHT = 230


def estimates(
    ground: Ground, points: Sequence[Estimate], unit: str, form: str, marks: Sequence[Mark]
) -> alt.LayerChart | alt.FacetChart:
    """Points with their 95% intervals; an interval that is not over is hollow. `unit` is ours."""
    base = alt.Chart(_frame(points, form)).encode(
        x=ground.axis("middle:T"),
        tooltip=[
            alt.Tooltip("when:N", title="From"),
            alt.Tooltip("told:N", title=unit),
            alt.Tooltip("rests:N", title="Rests on"),
        ],
    )
    y = alt.Y("value:Q", title=unit, axis=alt.Axis(format=form, tickCount=5), scale=_scale(form))
    sure = base.mark_rule(color=INKS[0], opacity=0.55, strokeWidth=3).encode(
        y=alt.Y("low:Q", title=unit, scale=_scale(form)), y2="high:Q"
    )
    line = base.mark_line(color=INKS[0], strokeWidth=1.5, opacity=0.7).encode(y=y)
    known = [str(Knowing.WHOLE), str(Knowing.PART)]
    dots = base.mark_point(size=55, color=INKS[0], fill=INKS[0], opacity=1, strokeWidth=2).encode(
        y=y,
        fillOpacity=alt.FillOpacity(
            "known:O", scale=alt.Scale(domain=known, range=[1, 0]), legend=None
        ),
    )
    layers = [*ground.nothing(), *ground.marks(marks), sure, line, dots]
    return alt.layer(*layers).properties(height=HEIGHT)


def described(points: Sequence[Estimate], what: str, form: str) -> str:
    """The same in words, for whoever does not see it."""
    if not points:
        return f"{what}: no data."
    last = points[-1]
    return (
        f"{what} in {counted(len(points), 'interval')}; the last, from "
        f"{last.interval.begin:%Y-%m-%d}: "
        f"{_told(last, form)}, resting on {last.rests_on}."
    )


def _frame(points: Sequence[Estimate], form: str) -> pd.DataFrame:
    lines = [
        (
            one.interval.begin + (one.interval.end - one.interval.begin) / 2,
            one.value,
            one.low,
            one.high,
            str(one.interval.known),
            f"{one.interval.begin:%Y-%m-%d %H:%M} UTC, {one.interval.known}",
            _told(one, form),
            one.rests_on,
        )
        for one in points
    ]
    columns = ["middle", "value", "low", "high", "known", "when", "told", "rests"]
    return pd.DataFrame(lines, columns=columns)


def _told(one: Estimate, form: str) -> str:
    if "%" in form:
        return f"{percent(one.value)} ({percent(one.low)} to {percent(one.high)})"
    return f"{figure(one.value)} ({figure(one.low)} to {figure(one.high)})"


def _scale(form: str) -> alt.Scale:
    return alt.Scale(domain=[0, 1]) if "%" in form else alt.Scale(zero=True)
