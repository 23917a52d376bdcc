"""A number in a frame of its own: what it is called, how much it is, what it counts on hover.

Streamlit makes a metric as wide as its label and cuts a label that does not fit. Numbers that
stand side by side are compared, so their frames are of one width here, two a line on a telephone,
and the label breaks. `style` does it, for whatever else stands in a frame takes time to draw.
"""

from __future__ import annotations

from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def row() -> DeltaGenerator:
    """What numbers stand in, side by side."""
    return st.container(horizontal=True)


def show(
    label: str,
    value: str,
    help_: str,
    *,
    delta: str | None = None,
    color: Literal["normal", "inverse", "off"] = "off",
    arrow: Literal["auto", "off"] = "off",
) -> None:
    """One of them; all its texts are ours. `delta` stands in small print beneath the value."""
    st.metric(
        label,
        value,
        delta,
        delta_color=color,
        delta_arrow=arrow,
        help=help_,
        border=True,
        height="stretch",
    )
