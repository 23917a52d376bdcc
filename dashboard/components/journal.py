"""Whether the journal is as it was written."""

from __future__ import annotations

import streamlit as st

from dashboard import data
from dashboard.components import plain


def show() -> None:
    """One line where it is; what is wrong with it where it is not."""
    report = data.journal_check()
    if report.intact:
        st.caption(
            f":material/verified: Journal verified: {report.entries:,} "
            f"{'line' if report.entries == 1 else 'lines'}, each signed over the one before it.",
            help="The whole chain is read again whenever something was written. Its head is "
            f"{(report.head or 'none')[:12]}: in a store that was put back from its back-up it is "
            "older than the one that was logged last.",
        )
        return
    st.error(
        "The journal is not as it was written. Compare the store with its back-up before anything "
        "else is applied.",
        icon=":material/gpp_bad:",
    )
    plain.lines(report.problems[:20])
