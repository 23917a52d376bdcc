"""How old the page's facts are, and an offer to renew them that never interrupts anybody.

Only this small fragment runs by itself. It redraws one line and puts a button into it; the rest of
the page, an open dialog, a half-written reason or a selected row stays as it is until the button is
pressed. A Run that found nothing new moves the line's time on, and is no reason to press it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from collectors.errors import NotSignedIn, TombstoneError
from collectors.evidence.reads.runs import RunRow
from dashboard import data, state
from dashboard.components import plain
from dashboard.components.moments import ago, local, utc

EVERY_SECONDS = 5


def show(*, outages: bool = True, runs: bool = False) -> None:
    """The line, with what could not be reached; call it once a page, while all of it runs.

    `runs`: the page tells of every Run, as each does before anything was collected.
    """
    every_run = runs or not data.environments()
    state.session().shown = _stored(every_run)
    _watch(outages, every_run)


@contextmanager
def own_act() -> Iterator[None]:
    """Around what is journalled while the page is drawn, and shown by it: no news to who did it."""
    before = data.news()
    yield
    if state.session().shown == before:
        state.session().shown = data.news()


def _stored(every_run: bool) -> int:
    return data.generation() if every_run else data.news()


@st.fragment(run_every=EVERY_SECONDS)
def _watch(outages: bool, every_run: bool) -> None:
    try:
        runs, now = data.recent_runs(), _stored(every_run)
    except NotSignedIn:  # signed out in another tab, or over
        st.rerun(scope="app")
    except TombstoneError:
        st.caption("The store does not answer just now; what is shown may be old.")
        return
    run = next(iter(runs), None)
    ended = next((one for one in runs if one.finished_at is not None), None)
    with st.container(horizontal=True, vertical_alignment="center"):
        exactly = ended.finished_at if ended else run.started_at if run else None
        st.caption(said(run, ended), help=utc(exactly) if exactly else None)
        if now != state.session().shown and st.button(
            "New data: refresh", icon=":material/refresh:", type="tertiary"
        ):
            st.rerun(scope="app")
    if outages and ended is not None and ended.unreachable:
        _unreachable(ended.unreachable)


def said(run: RunRow | None, ended: RunRow | None) -> str:
    """When the newest Run that has `ended` was, and whether the newest `run` goes on.

    A Run that was killed never ends, and those before it are what the page is made of.
    """
    if run is None:
        return "Nothing has been collected yet."
    last = f"Last collected {ago(ended.finished_at)} ({local(ended.finished_at)})." if ended else ""
    going = "" if run.finished_at else f"A run began {ago(run.started_at)} and has not ended yet."
    return " ".join(filter(None, [last, going]))


def _unreachable(places: tuple[str, ...]) -> None:
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            ":material/cloud_off: The last run could not reach everything. "
            "What it could not ask is shown as it was before."
        )
        plain.lines(places)
