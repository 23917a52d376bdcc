"""A table to take away: CSV in which no cell can run as a formula."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard.components import plain


def button(make: Callable[[], pd.DataFrame], file_name: str) -> None:
    """A download that is made when it is asked for. `file_name` is ours."""
    st.download_button(
        "Export CSV",
        data=lambda: csv(make()),
        file_name=file_name,
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def csv(frame: pd.DataFrame) -> bytes:
    """The table, every text of it cleaned; times in UTC. With a byte order mark."""
    safe = frame.map(lambda held: plain.cell(held) if isinstance(held, str) else held)
    text: str = safe.to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%SZ", lineterminator="\r\n")
    return text.encode("utf-8-sig")
