"""The story of one Conflict in one picture: the row's life above, the failed attempts below.

A chart holds times and our own words only: a tooltip would run whatever markup it were given.
The colours are Okabe and Ito's, each at least 3:1 against the light and the dark page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import altair as alt
import pandas as pd

from collectors.model.counted import counted

HEIGHT = 220
_LEAST_AIR = timedelta(hours=1)
_MINUTES, _SOME_DAYS, _A_YEAR = timedelta(minutes=15), timedelta(days=4), timedelta(days=365)
ROW, ATTEMPTS = "The row", "Attempts"

LIVE_INK, BLOCKS_INK, FREE_INK, QUIET_INK = "#0072B2", "#D55E00", "#009E73", "#7D8894"


class Step(StrEnum):
    """What happened at a moment.

    When somebody else freed a key is not known, only when we first saw it free.
    """

    CREATED = "Row created"
    DELETED = "Row deleted"
    FAILED = "Attempt failed"
    UNBLOCKED = "Unblocked"
    SEEN_FREE = "Seen unblocked"


_INK = {
    Step.CREATED: LIVE_INK,
    Step.DELETED: QUIET_INK,
    Step.FAILED: BLOCKS_INK,
    Step.UNBLOCKED: FREE_INK,
    Step.SEEN_FREE: FREE_INK,
}
_SHAPE = {
    Step.CREATED: "circle",
    Step.DELETED: "square",
    Step.FAILED: "diamond",
    Step.UNBLOCKED: "triangle-up",
    Step.SEEN_FREE: "triangle-up",
}


_LANES = alt.Y("lane:N", title=None, scale=alt.Scale(domain=[ROW, ATTEMPTS]))


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of the story."""

    step: Step
    at: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the story that is drawn to scale; what lies beyond it stands at its edge."""

    start: datetime
    end: datetime

    @classmethod
    def around(cls, moments: Sequence[Moment], until: datetime) -> Window:
        """From the deletion to the last attempt, with some air: a row may have lived for years.

        All of it, where that is not much longer; no air where nothing would be drawn in it.
        """
        times = [moment.at for moment in moments]
        telling = [m.at for m in moments if m.step is not Step.CREATED] or times
        air = max((max(telling) - min(telling)) / 3, _LEAST_AIR)
        latest = until if _still_holds(moments) else max(times)
        return cls(max(min(times), min(telling) - air), min(latest, max(telling) + air))

    def place(self, moment: datetime) -> datetime:
        """Where it is drawn."""
        return min(max(moment, self.start), self.end)

    @property
    def axis(self) -> alt.X:
        """Time as the window's length wants it told; the day is never left out."""
        length = self.end - self.start
        days = "%-d %b %Y" if length > _A_YEAR else "%-d %b"
        clock = "%H:%M:%S" if length < _MINUTES else "%H:%M"
        told = f"{days} {clock}" if length < _SOME_DAYS else days
        return alt.X(
            "at:T",
            title="Time (UTC)",
            scale=alt.Scale(type="utc", nice=False, padding=12),
            axis=alt.Axis(format=told, tickCount=7, labelOverlap=True),
        )


def timeline(moments: Sequence[Moment], until: datetime) -> alt.LayerChart | alt.FacetChart:
    """The chart; `until` is where a span that has not ended is drawn to."""
    window = Window.around(moments, until)
    layers = [_span(window, *span) for span in _spans(moments, until)]
    return alt.layer(*layers, _points(moments, window)).properties(height=HEIGHT)


def beyond(moments: Sequence[Moment], until: datetime) -> str | None:
    """In words, what the picture does not show to scale."""
    window = Window.around(moments, until)
    sides = {
        "Earlier": [moment for moment in moments if moment.at < window.start],
        "Later": [moment for moment in moments if moment.at > window.end],
    }
    told = [f"{side} than drawn: {_listed(outside)}." for side, outside in sides.items() if outside]
    return " ".join(told) or None


def _listed(moments: Sequence[Moment]) -> str:
    return "; ".join(f"{str(moment.step).lower()} on {_utc(moment.at)}" for moment in moments)


def described(moments: Sequence[Moment], until: datetime) -> str:
    """The same in words, for whoever does not see it."""
    failed = [moment.at for moment in moments if moment.step is Step.FAILED]
    words = [
        f"{moment.step} {_utc(moment.at)}" for moment in moments if moment.step is not Step.FAILED
    ]
    if failed:
        first, last = _utc(min(failed)), _utc(max(failed))
        span = first if len(failed) == 1 else f"from {first} to {last}"
        words.append(f"{counted(len(failed), 'failed attempt')} {span}")
    return "; ".join([*words, f"as of {_utc(until)}"]) + "."


def _points(moments: Sequence[Moment], window: Window) -> alt.Chart:
    drawn = pd.DataFrame(
        [(window.place(m.at), _lane(m.step), str(m.step), _utc(m.at)) for m in moments],
        columns=["at", "lane", "step", "when"],
    )
    steps = [step for step in Step if any(moment.step is step for moment in moments)]
    domain = [str(step) for step in steps]
    legend = alt.Legend(orient="top", title=None, symbolSize=120)
    chart: alt.Chart = (
        alt.Chart(drawn)
        .mark_point(size=130, filled=True, opacity=0.85)
        .encode(
            x=window.axis,
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


def _still_holds(moments: Sequence[Moment]) -> bool:
    steps = {moment.step for moment in moments}
    return Step.DELETED in steps and not steps & {Step.UNBLOCKED, Step.SEEN_FREE}


def _spans(moments: Sequence[Moment], until: datetime) -> list[tuple[str, datetime, datetime, str]]:
    """Live from creation to deletion; holding the key from deletion until it was unblocked."""
    at = {moment.step: moment.at for moment in reversed(moments)}
    created, deleted = at.get(Step.CREATED), at.get(Step.DELETED)
    free = at.get(Step.UNBLOCKED, at.get(Step.SEEN_FREE, until))
    spans = [
        ("Live", created, deleted, LIVE_INK),
        ("Deleted, and holding the key", deleted, free, BLOCKS_INK),
    ]
    return [
        (what, start, end, ink)
        for what, start, end, ink in spans
        if start is not None and end is not None and start < end
    ]


def _span(window: Window, what: str, start: datetime, end: datetime, ink: str) -> alt.Chart:
    told = f"{_utc(start)} to {_utc(end)}"
    drawn = pd.DataFrame(
        [(window.place(start), window.place(end), ROW, what, told)],
        columns=["at", "to", "lane", "what", "when"],
    )
    chart: alt.Chart = (
        alt.Chart(drawn)
        .mark_bar(height=6, cornerRadius=3, color=ink)
        .encode(
            x=window.axis,
            x2="to:T",
            y=_LANES,
            tooltip=[alt.Tooltip("what:N", title="Span"), alt.Tooltip("when:N", title="From, to")],
        )
    )
    return chart


def _utc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
