"""What the page is about, the words' meanings, and the same as a document to take away."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from collectors.model.counted import counted
from dashboard import data
from dashboard.components import impact_numbers, plain
from dashboard.components.filters import Filters
from dashboard.metrics.fix import FixVerdict
from dashboard.report.answers import Impact, Wanted, impact_of
from dashboard.report.document import document
from dashboard.report.words import ONLY_TESTS, undecided_words


def found(chosen: Filters) -> Impact:
    """All of it, for what the bar is set to."""
    return impact_of(data.remembered, wanted(chosen))


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


def show(answers: Impact, chosen: Filters) -> None:
    """Which environments count, what is missing from the numbers, and the document."""
    with st.container(horizontal=True, vertical_alignment="center"):
        plain.line(f"Counted: {', '.join(answers.places.counted) or 'nothing yet'}")
        impact_numbers.definitions()
        st.download_button(
            "Report",
            data=lambda: document(answers, _fix(answers, chosen)).encode(),
            file_name="tombstone-impact.html",
            mime="text/html",
            icon=":material/description:",
            on_click="ignore",
            help="All of this as one file that opens without a network and prints.",
        )
    if answers.places.only_tests:
        st.caption(f":material/science: {ONLY_TESTS}")
    if answers.undecided:
        st.caption(f":material/incomplete_circle: {undecided_words(answers.undecided)}")
    if answers.covered.missing:
        st.caption(
            ":material/incomplete_circle: The server no longer holds "
            f"{counted(answers.covered.missing, 'Event')} that it counted: all "
            "numbers are “at least”."
        )


def _fix(answers: Impact, chosen: Filters) -> FixVerdict:
    """What Regression says of the same environments."""
    mine = replace(chosen, environments=answers.places.counted)
    return data.regression(mine.failures(), mine.surveys()).whole
