"""The story of one Conflict in one picture: the row's life above, the failed attempts below.

A chart holds times and our own words only: a tooltip would run whatever markup it were given.
The colours are Okabe and Ito's, each at least 3:1 against the light and the dark page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import altair as alt
import pandas as pd

HEIGHT = 220
ROW, ATTEMPTS = "The row", "Attempts"

LIVE_INK, BLOCKS_INK, FREE_INK, QUIET_INK = "#0072B2", "#D55E00", "#009E73", "#7D8894"


class Step(StrEnum):
    """What happened at a moment."""

    CREATED = "Row created"
    DELETED = "Row deleted"
    FAILED = "Attempt failed"
    UNBLOCKED = "Unblocked"


_INK = {
    Step.CREATED: LIVE_INK,
    Step.DELETED: QUIET_INK,
    Step.FAILED: BLOCKS_INK,
    Step.UNBLOCKED: FREE_INK,
}
_SHAPE = {
    Step.CREATED: "circle",
    Step.DELETED: "square",
    Step.FAILED: "diamond",
    Step.UNBLOCKED: "triangle-up",
}


_TIME = alt.X("at:T", title="Time (UTC)", scale=alt.Scale(type="utc", nice=False, padding=12))
_LANES = alt.Y("lane:N", title=None, scale=alt.Scale(domain=[ROW, ATTEMPTS]))


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of the story."""

    step: Step
    at: datetime


def timeline(moments: Sequence[Moment], until: datetime) -> alt.LayerChart | alt.FacetChart:
    """The chart; `until` is where a span that has not ended is drawn to."""
    layers = [_span(*span) for span in _spans(moments, until)]
    return alt.layer(*layers, _points(moments)).properties(height=HEIGHT)


def described(moments: Sequence[Moment], until: datetime) -> str:
    """The same in words, for whoever does not see it."""
    failed = [moment.at for moment in moments if moment.step is Step.FAILED]
    words = [
        f"{moment.step} {_utc(moment.at)}" for moment in moments if moment.step is not Step.FAILED
    ]
    if failed:
        words.append(
            f"{len(failed)} failed attempts from {_utc(min(failed))} to {_utc(max(failed))}"
        )
    return "; ".join([*words, f"drawn to {_utc(until)}"]) + "."


def _points(moments: Sequence[Moment]) -> alt.Chart:
    drawn = pd.DataFrame(
        [(m.at, _lane(m.step), str(m.step), _utc(m.at)) for m in moments],
        columns=["at", "lane", "step", "when"],
    )
    steps = [step for step in Step if any(moment.step is step for moment in moments)]
    domain = [str(step) for step in steps]
    legend = alt.Legend(orient="top", title=None, symbolSize=120)
    chart: alt.Chart = (
        alt.Chart(drawn)
        .mark_point(size=130, filled=True, opacity=0.85)
        .encode(
            x=_TIME,
            y=_LANES,
            color=alt.Color(
                "step:N",
                scale=alt.Scale(domain=domain, range=[_INK[step] for step in steps]),
                legend=legend,
            ),
            shape=alt.Shape(
                "step:N",
                scale=alt.Scale(domain=domain, range=[_SHAPE[step] for step in steps]),
                legend=legend,
            ),
            tooltip=[alt.Tooltip("step:N", title="What"), alt.Tooltip("when:N", title="When")],
        )
    )
    return chart


def _lane(step: Step) -> str:
    return ATTEMPTS if step is Step.FAILED else ROW


def _spans(moments: Sequence[Moment], until: datetime) -> list[tuple[str, datetime, datetime, str]]:
    """Live from creation to deletion; holding the key from deletion until it was unblocked."""
    at = {moment.step: moment.at for moment in reversed(moments)}
    created, deleted = at.get(Step.CREATED), at.get(Step.DELETED)
    spans = [
        ("Live", created, deleted, LIVE_INK),
        ("Deleted, and holding the key", deleted, at.get(Step.UNBLOCKED, until), BLOCKS_INK),
    ]
    return [
        (what, start, end, ink)
        for what, start, end, ink in spans
        if start is not None and end is not None and start < end
    ]


def _span(what: str, start: datetime, end: datetime, ink: str) -> alt.Chart:
    drawn = pd.DataFrame(
        [(start, end, ROW, what, f"{_utc(start)} to {_utc(end)}")],
        columns=["at", "to", "lane", "what", "when"],
    )
    chart: alt.Chart = (
        alt.Chart(drawn)
        .mark_bar(height=6, cornerRadius=3, color=ink)
        .encode(
            x=_TIME,
            x2="to:T",
            y=_LANES,
            tooltip=[alt.Tooltip("what:N", title="Span"), alt.Tooltip("when:N", title="From, to")],
        )
    )
    return chart


def _utc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
