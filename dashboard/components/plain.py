"""Untrusted text, shown as text and nothing else.

Whatever came from an Event, from the application's database or from a person goes through here.
Streamlit renders markdown, and fetches the pictures in it, nearly everywhere: in titles, captions,
alerts, metrics, badges, tabs, expanders, toasts, and the labels of widgets. `st.text`, `st.code`
and the cells of `st.dataframe` do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import streamlit as st

from dashboard.components.moments import ago_and_local, utc
from dashboard.text import LONGEST, LONGEST_BLOCK, UNKNOWN, cell, cleaned

__all__ = [
    "LONGEST",
    "LONGEST_BLOCK",
    "UNKNOWN",
    "block",
    "cell",
    "cleaned",
    "facts",
    "line",
    "lines",
]


def line(text: str | None) -> None:
    """One line of it."""
    st.text(cleaned(text or "") or UNKNOWN)


def lines(texts: Iterable[str]) -> None:
    """Several texts under one another, each with a bullet."""
    st.text("\n".join(f"• {cleaned(text) or UNKNOWN}" for text in texts))


def block(text: str) -> None:
    """Several lines of it, with a button that copies them."""
    st.code(cleaned(text, lines=True), language=None, wrap_lines=True)


def facts(pairs: Sequence[tuple[str, str | datetime | None]]) -> None:
    """Named facts side by side. The names are ours, the values may be anybody's.

    A time is told in the viewer's zone, and in UTC on hover.
    """
    with st.container(horizontal=True, gap="medium"):
        for name, value in pairs:
            with st.container(width="content", gap=None):
                st.caption(name)
                if isinstance(value, datetime):
                    st.text(ago_and_local(value), help=utc(value))
                else:
                    line(value)
