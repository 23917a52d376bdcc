"""Failures over time, piled up by what is told apart; what is not over yet is faint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import altair as alt
import pandas as pd

from collectors.model.counted import counted
from dashboard.charts.ground import COUNTS, HEIGHT, INKS, QUIET_INK, Ground, Mark
from dashboard.metrics.buckets import OTHERS, Interval, Knowing

COLUMNS = ["begin", "end", "name", "from", "to", "failures", "known", "when"]


def failures(
    ground: Ground,
    names: Sequence[str],
    piles: Mapping[tuple[datetime, str], int],
    marks: Sequence[Mark],
) -> alt.LayerChart | alt.FacetChart:
    """The chart; the names are in the order of their size."""
    inks = [QUIET_INK if name == OTHERS else ink for name, ink in zip(names, INKS, strict=False)]
    bars = (
        alt.Chart(frame(ground.spans, names, piles))
        .mark_bar()
        .encode(
            x=ground.axis(),
            x2="end:T",
            y=alt.Y("from:Q", title="Failures", axis=COUNTS),
            y2="to:Q",
            color=alt.Color(
                "name:N",
                sort=None,
                scale=alt.Scale(range=inks),
                legend=alt.Legend(orient="bottom", title=None, columns=2, labelLimit=160),
            ),
            opacity=alt.Opacity(
                "known:O",
                scale=alt.Scale(domain=[str(Knowing.WHOLE), str(Knowing.PART)], range=[0.95, 0.45]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("when:N", title="When"),
                alt.Tooltip("failures:Q", title="Failures", format=",d"),
                alt.Tooltip("known:N", title="Interval"),
            ],
        )
    )
    layers = [*ground.nothing(), bars, *ground.marks(marks)]
    return alt.layer(*layers).properties(height=HEIGHT)


def frame(
    spans: Sequence[Interval], names: Sequence[str], piles: Mapping[tuple[datetime, str], int]
) -> pd.DataFrame:
    """A line a piece of a bar, from the bottom up; what was not read has none."""
    heights: Counter[datetime] = Counter()
    lines = []
    for name in names:
        for span in spans:
            count = piles.get((span.begin, name), 0)
            if not count:
                continue
            known = Knowing.PART if span.known is Knowing.NOTHING else span.known
            bottom = heights[span.begin]
            heights[span.begin] += count
            when = f"{span.begin:%Y-%m-%d %H:%M} UTC"
            lines.append(
                (span.begin, span.end, name, bottom, bottom + count, count, str(known), when)
            )
    return pd.DataFrame(lines, columns=COLUMNS)


def described(ground: Ground, piles: Mapping[tuple[datetime, str], int]) -> str:
    """The same in words, for whoever does not see it; none of them anybody else's."""
    totals: Counter[datetime] = Counter()
    for (begin, _), count in piles.items():
        totals[begin] += count
    if not totals:
        return "No Failure in the time that is shown."
    most, many = totals.most_common(1)[0]
    missing = sum(span.known is Knowing.NOTHING for span in ground.spans)
    return (
        f"{counted(sum(totals.values()), 'Failure')} by {ground.cut} over "
        f"{counted(len(ground.spans), 'interval')} "
        f"from {ground.spans[0].begin:%Y-%m-%d}; most ({many:,}) from {most:%Y-%m-%d %H:%M} UTC. "
        f"Not read: {missing}. The last interval is not over."
    )
