"""Health: is everything read, up to when, and what is missing from the numbers?"""

from __future__ import annotations

import streamlit as st

from dashboard.components import (
    checks,
    coverage,
    filters,
    freshness,
    header,
    journal,
    runs,
    sources,
)


def render() -> None:
    """The page."""
    header.show("Health", "What was read and when, what is missing, and whether all of it stands.")
    freshness.show(runs=True)
    chosen = filters.show()
    st.caption(
        "The bar narrows the environments. Runs, completeness and the journal are shown whole: "
        "what is missing anywhere may be missing from a number."
    )
    runs.show()
    sources.show(chosen)
    coverage.show()
    journal.show()
    checks.show()
