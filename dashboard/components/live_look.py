"""Is it still blocked, right now? Asks the application's database, and says when it did."""

from __future__ import annotations

import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow
from collectors.explain import LiveLook
from dashboard import data, state
from dashboard.components import plain, problem
from dashboard.components.moments import local, utc
from dashboard.state import Looked

_ANSWERS = {
    True: ("Yes, it is still blocked.", ":material/lock:"),
    False: ("No, it is no longer blocked.", ":material/lock_open:"),
    None: ("It could not be told just now.", ":material/cloud_off:"),
}


def show(conflict: ConflictRow) -> None:
    """The button, and the answer of this session's last look."""
    if st.button("Still blocked? Ask the database", icon=":material/database_search:"):
        ask(conflict)
    answer(conflict)


def ask(conflict: ConflictRow) -> None:
    """Ask now, and keep the answer for this session."""
    with problem.told(), st.spinner("Asking the database …"):
        look = data.still_blocked(conflict.id)
        state.session().looks[conflict.id] = Looked(look, data.generation())


def answer(conflict: ConflictRow) -> None:
    """What this session's last look found, if there was one that still stands."""
    look = _standing(conflict)
    if look is None:
        return
    words, icon = _ANSWERS[look.holds]
    with st.container(border=True):
        st.markdown(f"{icon} **{words}** Asked {local(look.asked_at)}.", help=utc(look.asked_at))
        plain.line(look.sentence)


def toast(conflict: ConflictRow, row: int) -> None:
    """The same over the page, wherever it is scrolled to. By row: a toast would render a key."""
    look = _standing(conflict)
    if look is not None:
        words, icon = _ANSWERS[look.holds]
        st.toast(f"Row {row}: {words[0].lower()}{words[1:]}", icon=icon, duration="long")


def _standing(conflict: ConflictRow) -> LiveLook | None:
    """Not once anything was stored since: a Remedy or a Run may have said otherwise meanwhile."""
    held = state.session().looks.get(conflict.id)
    return held.look if held is not None and held.generation == data.generation() else None
