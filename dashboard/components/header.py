"""The product's name, what it is for, and who is looking."""

from __future__ import annotations

import streamlit as st

from dashboard import data
from dashboard.components import plain


def show() -> None:
    """One line at the top of the page."""
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"
    ):
        with st.container(width="content", gap=None):
            st.title("Tombstone", anchor=False)
            st.caption("Why “create” answered 500, which deleted row caused it, and the cure.")
        with st.container(width="content", gap=None):
            who()


def who() -> None:
    """Who this page takes you for, and whether anybody vouches for it."""
    actor = data.actor()
    vouched = "" if actor.verified else " · not verified"
    plain.line(f"{actor.name} · {actor.role}{vouched}")
