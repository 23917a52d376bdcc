"""The canary's walks as a strip: colour and shape say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import altair as alt
import pandas as pd

from collectors.model.counted import counted

COLORS = ("green", "red", "grey")
_INKS = ("#009E73", "#D55E00", "#7D8894")
_SHAPES = ("circle", "diamond", "square")


@dataclass(frozen=True, slots=True)
class Walked:
    """One walk."""

    environment: str
    at: datetime
    color: str


def strip(walks: Sequence[Walked]) -> alt.Chart:
    """A lane an environment, a mark a walk."""
    lanes = len({walk.environment for walk in walks})
    frame = pd.DataFrame(
        [(w.environment, w.at, w.color, f"{w.at:%Y-%m-%d %H:%M} UTC") for w in walks],
        columns=["environment", "at", "color", "when"],
    )
    legend = alt.Legend(orient="bottom", title=None)
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_point(size=110, filled=True, opacity=0.9)
        .encode(
            x=alt.X("at:T", title="Walked (UTC)", scale=alt.Scale(type="utc", padding=14),
                    axis=alt.Axis(format="%-d %b %H:%M", tickCount=6, labelOverlap=True)),
            y=alt.Y("environment:N", title=None, axis=alt.Axis(labelLimit=120)),
            color=alt.Color("color:N", legend=legend, scale=_scale(_INKS)),
            shape=alt.Shape("color:N", legend=legend, scale=_scale(_SHAPES)),
            tooltip=[alt.Tooltip("when:N", title="Walked"),
                     alt.Tooltip("color:N", title="Result")],
        )
        .properties(height=70 + 34 * lanes)
    )  # fmt: skip
    return chart


def _scale(looks: Sequence[str]) -> alt.Scale:
    return alt.Scale(domain=list(COLORS), range=list(looks))


def described(walks: Sequence[Walked]) -> str:
    """The same in words."""
    counts = ", ".join(f"{sum(w.color == c for w in walks)} {c}" for c in COLORS)
    return f"{counted(len(walks), 'walk')} of the canary: {counts}."
