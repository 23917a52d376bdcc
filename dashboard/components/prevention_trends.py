"""How Findings and leftovers came and went, and which days' deletions left what is there now."""

from __future__ import annotations

import streamlit as st

from collectors.evidence.reads.surveys import SurveyFilter
from dashboard import data
from dashboard.charts import prevention as charts
from dashboard.metrics.prevention import Point


def show(wanted: SurveyFilter) -> None:
    """Two trends side by side and, below, the growth by day of deletion."""
    st.subheader("Better or worse?", anchor=False)
    left, right = st.columns(2)
    with left:
        _trend(data.findings_by_day(wanted), "Findings at the end of each day", "Findings")
    with right:
        _trend(data.leftovers_by_day(wanted), "Left behind, as counted each day", "Rows")
    grown = data.left_by_deletion(wanted)
    if grown:
        title = "Left behind now, by the day of the deletion (last 30 days)"
        st.altair_chart(
            charts.bars(grown, title, "Rows"), alt=charts.described(grown, title), key=title
        )


def _trend(points: list[Point], title: str, unit: str) -> None:
    """A line needs two days."""
    days = {point.day for point in points}
    if len(days) < 2:
        st.caption(f"{title}: the trend begins with the second day.")
        return
    st.altair_chart(
        charts.lines(points, title, unit), alt=charts.described(points, title), key=title
    )
