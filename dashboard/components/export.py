"""A table to take away: CSV in which no cell can run as a formula."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard.text import csv

__all__ = ["button", "csv"]


def button(make: Callable[[], pd.DataFrame], file_name: str, told: str | None = None) -> None:
    """A download that is made when it is asked for; `told` what is in it. Both texts are ours."""
    st.download_button(
        "Export CSV",
        data=lambda: csv(make()),
        file_name=file_name,
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        help=told,
    )
