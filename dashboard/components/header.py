"""What the page is for, and who is looking."""

from __future__ import annotations

import streamlit as st

from dashboard import data, state
from dashboard.components import plain, routes

WHAT = "Why “create” answered 500, which deleted row caused it, and the cure."


def show(title: str = "Tombstone", caption: str = WHAT) -> None:
    """One line at the top of the page; both texts are ours."""
    routes.come_back()
    state.take_over()
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"
    ):
        with st.container(width="content", gap=None):
            st.title(title, anchor=False)
            st.caption(caption)
        with st.container(width="content", gap=None):
            who()


def who() -> None:
    """Who this page takes you for, whether anybody vouches for it, and the way out."""
    actor = data.actor()
    vouched = "" if actor.verified else " · not verified"
    with st.container(horizontal=True, width="content", vertical_alignment="center"):
        plain.line(f"{actor.name} · {actor.role}{vouched}")
        if data.needs_login():
            st.button(
                "Sign out",
                key="sign_out",
                icon=":material/logout:",
                type="tertiary",
                on_click=data.sign_out,
                help="Ends this login in every tab, and for every copy of its cookie.",
            )
