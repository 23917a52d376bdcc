"""Whether every deletion and creation was whole: the Invariants, broken ones first."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from collectors.evidence.reads.surveys import SurveyFilter
from collectors.model import CheckedInvariant, InvariantState
from dashboard import data
from dashboard.components import address, plain, severity
from dashboard.components.moments import ago_and_local
from dashboard.components.table_height import tall


def show(wanted: SurveyFilter) -> None:
    """The table of those that apply, and one of them more closely."""
    st.header("Whole transactions", anchor=False)
    every = data.invariants(wanted.targets)
    if not every:
        st.info(
            "No Invariant has been asked yet: the next run of `tombstone collect`, or `tombstone "
            "audit`, asks them all.",
            icon=":material/rule:",
        )
        return
    apply = [one for one in every if one.state is not InvariantState.LACKING]
    if apply:
        _table(apply)
        _closer(apply)
    silent = [one for one in every if one.state is InvariantState.LACKING]
    if silent:
        with st.expander(f"Do not apply ({len(silent)})", icon=":material/block:"):
            st.caption("They name a table or column that the Target does not have.")
            plain.lines(f"{one.invariant.title}, {one.target}" for one in silent)


def frame(checked: Sequence[CheckedInvariant]) -> pd.DataFrame:
    """What the table shows; every text of it is cleaned."""
    return pd.DataFrame(
        {
            "state": [severity.STATES[one.state] for one in checked],
            "severity": [[severity.label(one.invariant.severity)] for one in checked],
            "title": [plain.cell(one.invariant.title) for one in checked],
            "rows": pd.array([one.rows for one in checked], dtype="Int64"),
            "oldest": [one.oldest for one in checked],
            "said": [plain.cell(one.said) for one in checked],
            "target": [plain.cell(one.target) for one in checked],
            "asked": [one.as_of for one in checked],
        }
    )


def told(one: CheckedInvariant) -> str:
    """What it is called in a choice and in the address, which holds the words as they are shown."""
    return plain.cleaned(f"{one.invariant.title}, {one.target}")


def _table(checked: Sequence[CheckedInvariant]) -> None:
    column = st.column_config
    told = frame(checked)
    if not any(one.said for one in checked):
        told = told.drop(columns="said")
    st.dataframe(
        told,
        hide_index=True,
        height=tall(len(checked)),
        column_config={
            "state": column.TextColumn("State", width=110),
            "severity": column.MultiselectColumn(
                "Severity", options=severity.labels(), color=severity.inks(), width=105
            ),
            "title": column.TextColumn("Invariant", width=385),
            "rows": column.NumberColumn("Rows that break it", format="localized", width=125),
            "oldest": column.DatetimeColumn("Oldest", format="distance", width=125),
            "said": column.TextColumn("Why not asked", width=260),
            "target": column.TextColumn("Target", width=95),
            "asked": column.DatetimeColumn("Asked", format="distance", width=125),
        },
        placeholder=plain.UNKNOWN,
        alt="Invariants with their state and the number of rows that break them",
    )


def _closer(checked: Sequence[CheckedInvariant]) -> None:
    """By what it is called in the address, so that a Conflict can lead here."""
    named = {told(one): one for one in checked}
    address.say_what_is_not_known({"invariant": named})
    chosen = st.selectbox("Look closer at", list(named), key="invariant", bind="query-params")
    one = named.get(chosen)
    if one is None:
        return
    with st.container(border=True):
        plain.line(one.invariant.reason or one.said)
        if one.samples:
            st.caption("The oldest rows that break it")
            plain.lines(
                f"{row.row_id}, since {ago_and_local(row.since) if row.since else 'not known'}"
                for row in one.samples
            )
        if one.invariant.sql:
            st.code(plain.cleaned(one.invariant.sql, lines=True), language="sql")
