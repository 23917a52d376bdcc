"""What the charts over time share: the axis, where nothing was read, and what went live when.

Names of releases, environments and keys come with the data, never with the specification, and are
drawn as text on a canvas; a tooltip holds none of them. Okabe and Ito's colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import altair as alt
import pandas as pd

from dashboard.metrics.buckets import Cut, Interval, Knowing

HEIGHT = 260
INKS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
QUIET_INK = "#7D8894"
MOST_LABELS, LABELS_ABREAST = 9, 5
MOST_LINES, STROKE = 40, 8
"""More lines would hide what is drawn; strokes along its upper edge do not."""
TICKS = 8
COUNTS = alt.Axis(tickMinStep=1, labelExpr="datum.value % 1 ? '' : format(abs(datum.value), ',')")
"""Of whole things, also downwards. Vega's smallest step still lets halves pass below three."""
_FORMATS = {Cut.HOURS: "%-d %b %H:%M", Cut.DAYS: "%-d %b", Cut.WEEKS: "%-d %b", Cut.MONTHS: "%b %Y"}


def day_ticks(days: int) -> int | alt.TimeIntervalStep:
    """Where few days are drawn one label a day: between two midnights it would name the day again.

    >>> day_ticks(30), day_ticks(2).to_dict()
    (8, {'interval': 'day', 'step': 1})
    """
    return TICKS if days > TICKS else alt.TimeIntervalStep(interval="day", step=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a moment; `label` may be anybody's text."""

    at: datetime
    label: str


@dataclass(frozen=True, slots=True)
class Ground:
    """The time that is drawn, and how it is cut."""

    cut: Cut
    spans: Sequence[Interval]

    @property
    def ends(self) -> tuple[datetime, datetime]:
        """The first moment and the last."""
        return self.spans[0].begin, self.spans[-1].end

    def axis(self, field: str = "begin:T") -> alt.X:
        """UTC, from the first interval to the last."""
        return alt.X(
            field,
            title=f"UTC, by {self.cut}",
            scale=alt.Scale(type="utc", domain=between(*self.ends), nice=False),
            axis=alt.Axis(
                format=_FORMATS[self.cut],
                tickCount=day_ticks(len(self.spans)) if self.cut is Cut.DAYS else TICKS,
                labelOverlap=True,
                grid=False,
            ),
        )

    def nothing(self) -> list[alt.Chart]:
        """Where no Run has read: grey, and said."""
        bands: list[list[datetime]] = []
        for span in self.spans:
            if span.known is not Knowing.NOTHING:
                continue
            if bands and bands[-1][1] == span.begin:
                bands[-1][1] = span.end
            else:
                bands.append([span.begin, span.end])
        if not bands:
            return []
        frame = pd.DataFrame(bands, columns=["begin", "end"]).assign(what=str(Knowing.NOTHING))
        frame["middle"] = frame["begin"] + (frame["end"] - frame["begin"]) / 2
        base = alt.Chart(frame)
        return [
            base.mark_rect(color=QUIET_INK, opacity=0.22).encode(
                x=self.axis(), x2="end:T", tooltip=[alt.Tooltip("what:N", title="Read")]
            ),
            base.mark_text(color=QUIET_INK, fontSize=11, baseline="top", dy=4)
            .encode(x=self.axis("middle:T"), y=alt.value(0), text="what:N"),
        ]  # fmt: skip

    def among(self, marks: Sequence[Mark]) -> list[Mark]:
        """Those of the time that is drawn."""
        first, last = self.ends
        return [one for one in marks if first <= one.at <= last]

    def marks(self, marks: Sequence[Mark]) -> list[alt.Chart]:
        """A line for each, with its label above it where they are few and there is room.

        Above what is drawn: on a bar, or on an interval, nobody could read it.
        """
        first, last = self.ends
        shown = labels_apart(self.among(marks), last - first)
        if not shown:
            return []
        frame = pd.DataFrame(
            [(mark.at, mark.label, f"{mark.at:%Y-%m-%d %H:%M} UTC") for mark in shown],
            columns=["begin", "label", "when"],
        )
        base = alt.Chart(frame).encode(x=self.axis(), tooltip=[alt.Tooltip("when:N", title="At")])
        if len(shown) > MOST_LINES:
            strokes = base.mark_rule(color=QUIET_INK, strokeWidth=1.5)
            return [strokes.encode(y=alt.value(0), y2=alt.value(STROKE))]
        lines = base.mark_rule(color=QUIET_INK, strokeDash=[4, 3], strokeWidth=1.5)
        if len(shown) > MOST_LABELS:
            return [lines]
        text = base.mark_text(
            color=QUIET_INK, fontSize=11, align="left", baseline="bottom", dx=-1, dy=-2, limit=110
        )
        return [lines, text.encode(y=alt.value(0), text="label:N")]


def marks_described(drawn: int, what: str) -> str:
    """What the marks stand for, and how one that has no label is told.

    >>> marks_described(3, "deploys"), marks_described(300, "deploys")
    ('Dashed lines: deploys.', 'Strokes above: deploys. Hover one for its time.')
    """
    sign = "Strokes above" if drawn > MOST_LINES else "Dashed lines"
    return f"{sign}: {what}." + (" Hover one for its time." if drawn > MOST_LABELS else "")


def between(begin: datetime, end: datetime) -> alt.ExprRef:
    """The ends of a scale. Texts or moments Vega would read in two ways where a mark has two."""
    ends = ", ".join(f"{at.timestamp() * 1_000:.0f}" for at in (begin, end))
    return alt.ExprRef(expr=f"[{ends}]")


def labels_apart(marks: Sequence[Mark], drawn: timedelta) -> list[Mark]:
    """The same marks in order; one whose label would run into the one before has none.

    >>> noon = datetime(2026, 11, 22, 12)
    >>> close = [Mark(noon, "1.0"), Mark(noon, "1.0 too"), Mark(noon + timedelta(days=9), "1.1")]
    >>> [mark.label for mark in labels_apart(close, timedelta(days=30))]
    ['1.0', '', '1.1']
    """
    found: list[Mark] = []
    free_from: datetime | None = None
    for mark in sorted(marks, key=lambda one: one.at):
        if free_from is None or mark.at >= free_from:
            found.append(mark)
            free_from = mark.at + drawn / LABELS_ABREAST
        else:
            found.append(Mark(mark.at, ""))
    return found
