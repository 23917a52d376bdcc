"""Where the pages are: their addresses, and links to them.

Streamlit knows a page by its `url_path` alone, so a link needs no page of its own but only the
same path (`streamlit.navigation.page`); views stay unknown to each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import Page

from dashboard import state


@dataclass(frozen=True, slots=True)
class Route:
    """A page by its address."""

    title: str
    icon: str
    url_path: str
    default: bool = False
    listed: bool = True

    def page(self, render: Callable[[], None]) -> Page:
        """The page itself, for the navigation."""
        return st.Page(
            render,
            title=self.title,
            icon=self.icon,
            url_path=self.url_path,
            default=self.default,
            visibility="visible" if self.listed else "hidden",
        )


TRIAGE = Route("Triage", ":material/troubleshoot:", "triage", default=True)
IMPACT = Route("Impact", ":material/groups:", "impact")
PREVENTION = Route("Prevention", ":material/shield:", "prevention")
REGRESSION = Route("Regression", ":material/monitoring:", "regression")
ACTIVITY = Route("Activity", ":material/history:", "activity")
HEALTH = Route("Health", ":material/monitor_heart:", "health")
CONFLICT = Route("Conflict", ":material/link_off:", "conflict", listed=False)


def conflict_address(conflict_id: str) -> str:
    """The deep link to a Conflict, whole where the browser told us its own address."""
    base = st.context.url or ""
    root = base.split("?")[0].rstrip("/").removesuffix(f"/{CONFLICT.url_path}")
    return f"{root}/{CONFLICT.url_path}?id={conflict_id}"


def conflict_id() -> str | None:
    """Which Conflict the address names."""
    return st.query_params.get("id")


def link_to_conflict(conflict_id: str, label: str = "Open") -> None:
    """A link; `label` is ours."""
    st.page_link(
        CONFLICT.page(_elsewhere),
        label=label,
        icon=":material/arrow_forward:",
        query_params={"id": conflict_id},
    )


def link_to_triage() -> None:
    """The way back."""
    st.page_link(TRIAGE.page(_elsewhere), label="Triage", icon=":material/arrow_back:")


def link_to_prevention(label: str, invariant: str | None = None) -> None:
    """The page, or one Invariant on it; `label` is ours."""
    st.page_link(
        PREVENTION.page(_elsewhere),
        label=label,
        icon=PREVENTION.icon,
        query_params={} if invariant is None else {"invariant": invariant},
    )


def open_conflict(conflict_id: str) -> None:
    """Go there now; ends this run of the page.

    Streamlit writes the id into this page's own address first, over whatever it held: the way back
    leads there, and `come_back` sets it right.
    """
    state.leave()
    st.switch_page(CONFLICT.page(_elsewhere), query_params={"id": conflict_id})


def come_back() -> None:
    """Take a Conflict's id out of the address of a page that has none, and set it as it was."""
    if "id" in st.query_params:
        state.come_back()
        del st.query_params["id"]


def _elsewhere() -> None:
    """Never runs: the registered page of the same path does."""
