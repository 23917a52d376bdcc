"""Every failed attempt at one key."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow
from collectors.evidence.reads.failures import FailureRow
from dashboard.components import plain
from dashboard.components.table_height import tall
from dashboard.components.time_columns import in_utc, in_zone


def show(conflict: ConflictRow, failures: Sequence[FailureRow]) -> None:
    """The table, newest first."""
    st.header("Failed attempts at this key", anchor=False)
    if not failures:
        st.caption("Nobody has tried yet: the key was found held before any request failed.")
        return
    column = st.column_config
    st.dataframe(
        frame(failures),
        hide_index=True,
        height=tall(len(failures)),
        column_config={
            "ago": column.DatetimeColumn("When", format="distance", width=95),
            "at": in_zone("At", width=145),
            "operation": column.TextColumn("Operation", width=80),
            "request": column.TextColumn("Request", width=265),
            "release": column.TextColumn("Release", width=95),
            "event": column.TextColumn("Event", width=245),
            "sentry": column.LinkColumn("Sentry", display_text="Open issue", width=90),
            "utc": in_utc("UTC", width=145),
        },
        alt="Failed attempts at this key, newest first",
    )
    if conflict.failures > len(failures):
        st.caption(f"The newest {len(failures)} of {conflict.failures}.")


def frame(failures: Sequence[FailureRow]) -> pd.DataFrame:
    """What the table shows; every text of it is cleaned."""
    return pd.DataFrame(
        {
            "ago": [failure.occurred_at for failure in failures],
            "at": [failure.occurred_at for failure in failures],
            "operation": [plain.cell(failure.operation) for failure in failures],
            "request": [plain.cell(failure.transaction) for failure in failures],
            "release": [plain.cell(failure.release) for failure in failures],
            "event": [plain.cell(failure.event_id) for failure in failures],
            "sentry": [web_link(failure.issue_url) for failure in failures],
            "utc": [failure.occurred_at for failure in failures],
        }
    )


def web_link(url: str | None) -> str | None:
    """`url` if it is a plain web address; Sentry's answer is untrusted too.

    >>> web_link("https://sentry.io/issues/7/"), web_link("javascript:alert(1)")
    ('https://sentry.io/issues/7/', None)
    """
    if url is None or url != plain.cleaned(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None
