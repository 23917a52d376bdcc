"""Older and newer, by where the page before ended: a list that grows meanwhile skips nothing."""

from __future__ import annotations

from typing import Any

import streamlit as st

from collectors.model.counted import counted
from dashboard.state import Paging

NEWEST = "newest first"


def show(turned: Paging, end: Any, *, more: bool, shown: int, order: str = NEWEST) -> None:
    """The two buttons and what stands between them; nothing where one page holds all."""
    if not more and not turned.behind:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Newer",
            key="newer",
            icon=":material/chevron_left:",
            disabled=not turned.behind,
            on_click=_newer,
            args=(turned,),
        )
        st.button(
            "Older",
            key="older",
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=not more,
            on_click=older,
            args=(turned, end),
        )
        st.caption(f"Page {len(turned.behind) + 1}, {counted(shown, 'row')}, {order}")


def older(turned: Paging, end: Any) -> None:
    """Turn to what comes after `end`, once: a second quick click may say the same end again."""
    if turned.behind[-1:] != [end]:
        turned.behind.append(end)


def _newer(turned: Paging) -> None:
    if turned.behind:  # a second quick click arrives after the first has turned the page
        turned.behind.pop()
