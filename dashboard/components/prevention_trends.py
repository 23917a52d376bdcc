"""How Findings, leftovers and broken Invariants came and went; which days' deletions left what."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from collectors.evidence.reads.surveys import SurveyFilter
from dashboard import data
from dashboard.charts import prevention as charts
from dashboard.components import picture
from dashboard.metrics.prevention import IN_THE_WAY, NOT_WHOLE, Point


def show(wanted: SurveyFilter) -> None:
    """Each on a scale of its own; at last what there is now, by the day of its deletion."""
    st.header("Better or worse?", anchor=False)
    found, exposed, broken = st.columns(3)
    with found:
        _trend(
            data.findings_by_day(wanted),
            "Findings at the end of each day, accepted ones too",
            "Findings",
        )
    with exposed:
        _trend(data.exposure_by_day(wanted), f"{IN_THE_WAY}, as last counted each day", "Rows")
    with broken:
        _trend(data.invariants_by_day(wanted), f"{NOT_WHOLE}, as last asked each day", "Rows")
    counted = data.leftovers_by_day(wanted)
    series = list(dict.fromkeys(point.series for point in counted))
    if not series:
        _trend([], "Left behind", "Rows")
    for column, name in zip(st.columns(len(series) or 1), series, strict=False):
        with column:
            _trend([one for one in counted if one.series == name], name, "Rows")
    grown = data.left_by_deletion(wanted)
    if grown:
        title = "Left behind now, by the day of the deletion (last 30 days)"
        st.markdown(f"**{title}**")
        picture.show(charts.bars, grown, "Rows", alt=charts.described(grown, title), key=title)


def _trend(points: Sequence[Point], title: str, unit: str) -> None:
    """A line needs two days. `title` and `unit` are ours."""
    st.markdown(f"**{title}**")
    if len({point.day for point in points}) < 2:
        st.caption("The trend begins with the second day.")
        return
    picture.show(charts.lines, points, unit, alt=charts.described(points, title), key=title)
