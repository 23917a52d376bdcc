"""What the numbers lack: projects of which not every Event could be read."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from collectors.evidence.reads.marks import MarkRow
from collectors.model import Coverage
from dashboard import data
from dashboard.components import plain
from dashboard.components.time_columns import in_utc, in_zone


def show() -> None:
    """The table of every project that was read as a backlog, and what it means."""
    st.header("Completeness", anchor=False)
    marks = data.coverage()
    if not marks:
        st.caption("No project has been read from a server yet; files are always read whole.")
        return
    if any(mark.cuts for mark in marks):
        st.warning(
            "Some Events are still to be read, or no longer to be had: numbers that rest on them "
            "are “at least”.",
            icon=":material/incomplete_circle:",
        )
    cut = any(not mark.coverage.complete for mark in marks)
    since = ("from", "utc") if cut else ()
    column = st.column_config
    st.dataframe(
        frame(marks),
        hide_index=True,
        height="content",
        column_order=("source", "project", "read", "total", "missing", "whole", *since, "noted"),
        column_config={
            "source": column.TextColumn("Source", width=220),
            "project": column.TextColumn("Project", width=160),
            "read": column.NumberColumn("Events read", format="localized", width=100),
            "total": column.NumberColumn("Of", format="localized", width=100),
            "missing": column.NumberColumn("Not to be had", format="localized", width=110),
            "whole": column.TextColumn("Complete", width=180),
            "from": in_zone("Complete since"),
            "noted": column.DatetimeColumn("As of", format="distance"),
            "utc": in_utc("Complete since, UTC"),
        },
        placeholder=plain.UNKNOWN,
        alt="How much of each project's Events was read",
    )


def frame(marks: Sequence[MarkRow]) -> pd.DataFrame:
    """What the table shows; every text of it is cleaned."""
    return pd.DataFrame(
        {
            "source": [plain.cell(mark.source) for mark in marks],
            "project": [plain.cell(mark.coverage.project) for mark in marks],
            "read": [mark.coverage.read for mark in marks],
            "total": [mark.coverage.total for mark in marks],
            "missing": [mark.coverage.missing for mark in marks],
            "whole": [_how_complete(mark.coverage) for mark in marks],
            "from": [mark.coverage.covered_from for mark in marks],
            "noted": [mark.noted_at for mark in marks],
            "utc": [mark.coverage.covered_from for mark in marks],
        }
    )


def _how_complete(coverage: Coverage) -> str:
    if not coverage.complete:
        return "the newest; more to read"
    return "all that is left" if coverage.missing else "all of it"
