"""What the page is about, the words' meanings, and the same as a document to take away."""

from __future__ import annotations

import streamlit as st

from dashboard.components import impact_numbers, plain
from dashboard.components.filters import Filters
from dashboard.data.impact import Impact, Wanted
from dashboard.report.document import document


def wanted(chosen: Filters) -> Wanted:
    """What the bar is set to."""
    return Wanted(
        environments=chosen.environments,
        organization=chosen.organization,
        constraint=chosen.constraint,
        release=chosen.release,
        since=chosen.since,
        window=chosen.window(),
    )


def show(found: Impact) -> None:
    """Which environments count, what is missing from the numbers, and the document."""
    with st.container(horizontal=True, vertical_alignment="center"):
        plain.line(f"Counted: {', '.join(found.places.production)}")
        impact_numbers.definitions()
        st.download_button(
            "Report",
            data=lambda: document(found).encode(),
            file_name="tombstone-impact.html",
            mime="text/html",
            icon=":material/description:",
            on_click="ignore",
            help="All of this as one file that opens without a network and prints.",
        )
    if found.covered.missing:
        st.caption(
            f":material/incomplete_circle: The server no longer holds {found.covered.missing:,} "
            "Events that it counted: all numbers are “at least”."
        )
