"""Which of Triage's two queues is shown."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from dashboard.components import address

Queue = Literal["Conflicts", "Undecided"]


def show() -> Queue:
    """A switch; the choice stands in the address."""
    queues: list[Queue] = ["Conflicts", "Undecided"]
    address.say_what_is_not_known({"queue": queues})
    return st.radio(
        "Queue",
        queues,
        key="queue",
        horizontal=True,
        label_visibility="collapsed",
        bind="query-params",
    )
