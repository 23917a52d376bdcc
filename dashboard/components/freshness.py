"""How old the page's facts are, and an offer to renew them that never interrupts anybody.

Only this small fragment runs by itself. It redraws one line and puts a button into it; the rest of
the page, an open dialog, a half-written reason or a selected row stays as it is until the button is
pressed.
"""

from __future__ import annotations

import streamlit as st

from collectors.errors import NotSignedIn, TombstoneError
from collectors.evidence.reads.runs import RunRow
from dashboard import data, state
from dashboard.components import plain
from dashboard.components.moments import ago, local, utc

EVERY_SECONDS = 5


def show(*, outages: bool = True) -> None:
    """The line, with what could not be reached; call it once a page, while all of it runs."""
    state.session().generation = data.generation()
    _watch(outages)


@st.fragment(run_every=EVERY_SECONDS)
def _watch(outages: bool) -> None:
    try:
        run, now = data.last_run(), data.generation()
    except NotSignedIn:  # signed out in another tab, or over
        st.rerun(scope="app")
    except TombstoneError:
        st.caption("The store does not answer just now; what is shown may be old.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(said(run), help=utc(run.finished_at or run.started_at) if run else None)
        if now != state.session().generation and st.button(
            "New data: refresh", icon=":material/refresh:", type="tertiary"
        ):
            st.rerun(scope="app")
    if outages and run is not None and run.unreachable:
        _unreachable(run.unreachable)


def said(run: RunRow | None) -> str:
    """When the newest Run was, in a sentence."""
    if run is None:
        return "Nothing has been collected yet."
    if run.finished_at is None:
        return f"A run began {ago(run.started_at)} and has not ended yet."
    return f"Last collected {ago(run.finished_at)} ({local(run.finished_at)})."


def _unreachable(places: tuple[str, ...]) -> None:
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            ":material/cloud_off: The last run could not reach everything. "
            "What it could not ask is shown as it was before."
        )
        plain.lines(places)
