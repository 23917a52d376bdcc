"""The pictures of Impact; each says in words what it shows, or why there is none."""

from __future__ import annotations

import streamlit as st

from dashboard.charts import impact as charts
from dashboard.components import picture
from dashboard.metrics.impact import FEW
from dashboard.report.answers import Impact


def show(found: Impact) -> None:
    """Side by side where there is room."""
    frame = charts.by_day(found.days, found.wanted.since, found.covered)
    told = charts.days_in_words(frame)
    left, right = st.columns(2)
    with left:
        if frame.empty:
            st.caption("Nobody is known to have been kept out in this period.")
        else:
            picture.show(
                charts.kept_out_by_day,
                frame,
                alt="Customers kept out over time, in words below.",
                key="kept_out_by_day",
            )
            st.caption(told)
    with right:
        _curve(found)
    left, right = st.columns(2)
    with left:
        if charts.anybody_moved(frame):
            picture.show(
                charts.begun_and_freed,
                frame,
                alt="First kept out and freed over time; the words on who was kept out say both.",
                key="begun_and_freed",
            )
            st.caption(charts.BARS_IN_WORDS)
    with right:
        tried = found.hurt.tried
        alt = "How many customers failed how often, in words below."
        if any(tried.values()):
            picture.show(charts.attempts, tried, alt=alt, key="attempts")
        else:
            st.markdown("**Attempts per customer**")
        st.caption(charts.attempts_in_words(tried))


def _curve(found: Impact) -> None:
    curve = found.curve
    if curve is None:
        st.markdown("**Time to unblock**")
        st.caption(
            f"Fewer than {FEW} customers were first kept out in this period and seen until they "
            "were free or until now: too few for a curve."
        )
        return
    told = charts.curve_in_words(curve)
    alt = "Shares of customers freed over time, in words below."
    picture.show(charts.time_to_unblock, curve, alt=alt, key="time_to_unblock")
    st.caption(f"{told} Customers first kept out {found.wanted.window}.")
