"""A row's way to its Conflict for the keyboard: no key presses a button inside a table."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard.components import plain, routes


def show(conflicts: Mapping[str, str]) -> None:
    """`conflicts`: what each on this page is told by, by its id, in the order of the table."""
    if not conflicts:
        return
    words = {
        id_: plain.cleaned(f"{number}. {said}")
        for number, (id_, said) in enumerate(conflicts.items(), 1)
    }
    chosen = st.selectbox(
        "Open a Conflict",
        list(words),
        index=None,
        format_func=words.__getitem__,
        key="open_one",
        placeholder="One of these",
        width=400,
    )
    if chosen is not None:
        routes.open_conflict(chosen)
