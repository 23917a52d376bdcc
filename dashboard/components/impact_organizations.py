"""Whom it hurts most, an organization a line; a button narrows the whole page to one."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import state
from dashboard.components import export, plain
from dashboard.components.table_height import tall
from dashboard.components.time_columns import in_utc, in_zone
from dashboard.report.answers import LISTED, Impact
from dashboard.report.organizations import frame

_ONLY = "only_organization"


def show(found: Impact) -> None:
    """The most hurt first."""
    st.header("Organizations", anchor=False)
    listed = found.hurt.listed
    if not listed:
        st.info("No organization was hit.", icon=":material/sentiment_satisfied:")
        return
    table = frame(found)
    _table(table, [one.organization_id is not None for one in listed])
    with st.container(horizontal=True, vertical_alignment="center"):
        export.button(lambda: table, "tombstone-impact.csv")
        if len(listed) == LISTED:
            st.caption(f"The {LISTED} most hurt.")
    row = state.clicked_row(_ONLY)
    if row is not None and row < len(listed) and (id_ := listed[row].organization_id):
        state.set_next("organization", id_)


def _table(table: pd.DataFrame, known: Sequence[bool]) -> None:
    """One that nobody knows has no button: there is nothing to narrow the page to."""
    column = st.column_config
    shown = table.copy()
    shown.insert(0, "only", ["Show" if one else None for one in known])
    shown["utc"] = shown["blocked_since"]
    st.dataframe(
        shown,
        hide_index=True,
        height=tall(len(shown)),
        column_config={
            "only": column.ButtonColumn(
                "Narrow", key=_ONLY, width=80, pinned=True, type="secondary"
            ),
            "organization": column.TextColumn("Organization", width=180),
            "blocked": column.NumberColumn("Blocked now", format="localized", width=95),
            "hit": column.NumberColumn("Hit", format="localized", width=60),
            "attempts": column.NumberColumn("Attempts", format="localized", width=80),
            "blocked_since": in_zone("Longest blocked since", seconds=False),
            "paid": column.TextColumn("Paid in the 90 days before deletion", width=230),
            "got_through": column.NumberColumn("Got through", format="localized", width=95),
            "gave_up": column.NumberColumn("Gave up", format="localized", width=80),
            "id": column.TextColumn("Id", width=150),
            "utc": in_utc("UTC", seconds=False),
        },
        placeholder=plain.UNKNOWN,
        alt="Organizations, the most hurt first, with a button that narrows the page to one",
    )
