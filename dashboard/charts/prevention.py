"""How Findings and leftovers came and went. Okabe and Ito's colours, a shape each besides."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from dashboard.charts.ground import COUNTS
from dashboard.metrics.prevention import ORDER, Point

HEIGHT = 260
_INKS = ("#D55E00", "#0072B2", "#009E73", "#7D8894")
_SHAPES = ("circle", "square", "diamond", "triangle-up")


def lines(points: Sequence[Point], unit: str) -> alt.LayerChart | alt.FacetChart:
    """One line a series, a point a day; the title stands above, `unit` is ours."""
    base = alt.Chart(_frame(points)).encode(
        x=_days(), y=_counts(unit), color=_color(points), tooltip=_tooltip(unit)
    )
    marks = base.mark_point(size=60, filled=True, opacity=1).encode(shape=_shape(points))
    return alt.layer(base.mark_line(strokeWidth=2), marks).properties(height=HEIGHT)


def bars(points: Sequence[Point], unit: str) -> alt.Chart:
    """One bar a day, its series on top of each other."""
    chart: alt.Chart = (
        alt.Chart(_frame(points))
        .mark_bar(size=9)
        .encode(x=_days(), y=_counts(unit), color=_color(points), tooltip=_tooltip(unit))
        .properties(height=HEIGHT)
    )
    return chart


def described(points: Sequence[Point], title: str) -> str:
    """The same in words, for whoever does not see it: each series' first and last day."""
    said = []
    for name in _series(points):
        own = [point for point in points if point.series == name]
        first, last = own[0], own[-1]
        said.append(f"{name}: {first.count:,} on {first.day}, {last.count:,} on {last.day}")
    return f"{title}. {'; '.join(said)}."


def _frame(points: Sequence[Point]) -> pd.DataFrame:
    return pd.DataFrame(
        [(pd.Timestamp(point.day, tz="UTC"), point.series, point.count) for point in points],
        columns=["day", "series", "count"],
    )


def _series(points: Sequence[Point]) -> list[str]:
    met = {point.series for point in points}
    return [name for name in ORDER if name in met]


def _days() -> alt.X:
    return alt.X(
        "day:T",
        title="Day (UTC)",
        scale=alt.Scale(type="utc", padding=14),
        axis=alt.Axis(format="%-d %b", tickCount={"interval": "day", "step": 1}, labelOverlap=True),
    )


def _counts(unit: str) -> alt.Y:
    return alt.Y("count:Q", title=unit, axis=COUNTS)


def _color(points: Sequence[Point]) -> alt.Color:
    """As for all of them, so that a series keeps its colour; one alone needs no legend."""
    series = _series(points)
    legend = alt.Legend(orient="top", title=None, labelLimit=240, columns=1)
    inks = [_look(name)[0] for name in series]
    return alt.Color(
        "series:N",
        scale=alt.Scale(domain=series, range=inks),
        legend=legend if len(series) > 1 else None,
        sort=series,
    )


def _shape(points: Sequence[Point]) -> alt.Shape:
    series = _series(points)
    scale = alt.Scale(domain=series, range=[_look(name)[1] for name in series])
    return alt.Shape("series:N", scale=scale, legend=None)


def _look(name: str) -> tuple[str, str]:
    """A series' colour and shape: four severities, three kinds."""
    place = ORDER.index(name) % len(_INKS)
    return _INKS[place], _SHAPES[place]


def _tooltip(unit: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("series:N", title="What"),
        alt.Tooltip("yearmonthdate(day):T", title="Day (UTC)"),
        alt.Tooltip("count:Q", title=unit, format=",d"),
    ]
