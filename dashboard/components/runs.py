"""The newest Runs: when, how much, and what could not be reached."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from collectors.evidence.reads.runs import RunRow
from dashboard import data
from dashboard.components import plain
from dashboard.components.moments import lasting
from dashboard.components.table_height import tall
from dashboard.components.time_columns import in_utc, in_zone


def show() -> None:
    """The table, newest first."""
    st.header("Runs", anchor=False)
    runs = data.recent_runs()
    if not runs:
        st.info("Nothing has been collected yet: run `tombstone collect`.", icon=":material/sync:")
        return
    column = st.column_config
    st.dataframe(
        frame(runs),
        hide_index=True,
        height=tall(len(runs), 6),
        column_config={
            "ago": column.DatetimeColumn("Began", format="distance", width=110),
            "at": in_zone("At"),
            "took": column.TextColumn("Took", width=120),
            "read": column.NumberColumn("Events read", format="localized", width=100),
            "stored": column.NumberColumn("Stored", format="localized", width=80),
            "trouble": column.TextColumn("Not reached", width=320),
            "notes": column.TextColumn("Notes", width=320),
            "utc": in_utc("UTC"),
        },
        placeholder=plain.UNKNOWN,
        alt="The newest Runs, with what each read and what it could not reach",
    )


def frame(runs: Sequence[RunRow]) -> pd.DataFrame:
    """What the table shows; every text of it is cleaned."""
    return pd.DataFrame(
        {
            "ago": [run.started_at for run in runs],
            "at": [run.started_at for run in runs],
            "took": [_took(run) for run in runs],
            "read": [run.read for run in runs],
            "stored": [run.stored for run in runs],
            "trouble": [plain.cell("; ".join(run.unreachable)) for run in runs],
            "notes": [plain.cell("; ".join(run.notes)) for run in runs],
            "utc": [run.started_at for run in runs],
        }
    )


def _took(run: RunRow) -> str:
    if run.finished_at is None:
        return "not ended"
    return lasting(run.finished_at - run.started_at)
