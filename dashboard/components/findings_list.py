"""The audit's Findings as a table, worst first, and the one that is looked at more closely."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from collectors.evidence.reads.findings import FindingRow
from dashboard import data
from dashboard.components import address, export, finding_detail, plain, severity
from dashboard.components.table_height import tall
from dashboard.data import Audited


def show(found: Audited) -> None:
    """The open ones with Exposure and Failures beside them; what was accepted and mended below."""
    st.header("Where it can still happen", anchor=False)
    if not found.open:
        st.success("No Finding is open here.", icon=":material/task_alt:")
    else:
        _table(found.open)
        chosen = _choose(found.open)
        if chosen is not None:
            finding_detail.show(data.with_texts(chosen))
    _accepted(found.accepted)
    _mended(found.mended)


def frame(rows: Sequence[FindingRow]) -> pd.DataFrame:
    """What the table shows; every text of it is cleaned."""
    return pd.DataFrame(
        {
            "severity": [[severity.label(row.finding.severity)] for row in rows],
            "table": [plain.cell(row.finding.table) for row in rows],
            "key": [plain.cell(row.finding.constraint) for row in rows],
            "rule": [plain.cell(row.finding.rule) for row in rows],
            "exposed": pd.array([row.finding.exposed_rows for row in rows], dtype="Int64"),
            "failures": pd.array([row.finding.failures for row in rows], dtype="Int64"),
            "target": [plain.cell(row.target) for row in rows],
            "since": [row.first_seen for row in rows],
            "why": [plain.cell(row.finding.reason) for row in rows],
        }
    )


def _table(rows: Sequence[FindingRow]) -> None:
    column = st.column_config
    st.dataframe(
        frame(rows),
        hide_index=True,
        height=tall(len(rows)),
        column_config={
            "severity": column.MultiselectColumn(
                "Severity", options=severity.labels(), color=severity.inks(), width=95
            ),
            "table": column.TextColumn("Table", width=95),
            "key": column.TextColumn("Unique key", width=330),
            "rule": column.TextColumn("Rule", width=130),
            "exposed": column.NumberColumn("Exposed rows", format="localized", width=100),
            "failures": column.NumberColumn("Failures", format="localized", width=70),
            "target": column.TextColumn("Target", width=85),
            "since": column.DatetimeColumn("First found", format="distance", width=100),
            "why": column.TextColumn("Why", width=420),
        },
        placeholder=plain.UNKNOWN,
        alt="Findings by severity, each with the rows it exposes and the Failures it has caused",
    )
    export.button(lambda: _exported(rows), "tombstone-findings.csv")


def _exported(rows: Sequence[FindingRow]) -> pd.DataFrame:
    told = frame(rows)
    return told.assign(severity=[str(row.finding.severity) for row in rows])


def _choose(rows: Sequence[FindingRow]) -> FindingRow | None:
    """By name, so that the address can say which."""
    named = {_name(row): row for row in rows}
    address.say_what_is_not_known({"finding": named})
    chosen = st.selectbox(
        "Look closer at",
        list(named),
        format_func=plain.cleaned,
        key="finding",
        bind="query-params",
    )
    return named.get(chosen)


def _name(row: FindingRow) -> str:
    finding = row.finding
    return f"{finding.table} · {finding.constraint} · {finding.rule} · {row.target}"


def _accepted(rows: Sequence[FindingRow]) -> None:
    """Lived with until a day, and why."""
    if not rows:
        return
    with st.expander(f"Accepted ({len(rows)})", icon=":material/handshake:"):
        st.caption("Not failed on until the day to look again; from then on they are shown above.")
        column = st.column_config
        st.dataframe(
            pd.DataFrame(
                {
                    "again": [row.look_again for row in rows],
                    "key": [plain.cell(row.finding.constraint) for row in rows],
                    "rule": [plain.cell(row.finding.rule) for row in rows],
                    "reason": [plain.cell(row.accepted) for row in rows],
                    "target": [plain.cell(row.target) for row in rows],
                }
            ),
            hide_index=True,
            height="content",
            column_config={
                "again": column.DateColumn("Look again", format="YYYY-MM-DD", width=110),
                "key": column.TextColumn("Unique key", width=280),
                "rule": column.TextColumn("Rule", width=150),
                "reason": column.TextColumn("Why it is lived with", width=420),
                "target": column.TextColumn("Target", width=100),
            },
            placeholder=plain.UNKNOWN,
            alt="Accepted Findings, with the day to look again and the reason",
        )


def _mended(rows: Sequence[FindingRow]) -> None:
    """What an audit found and a later one did not."""
    if not rows:
        return
    with st.expander(f"Mended ({len(rows)})", icon=":material/healing:"):
        column = st.column_config
        st.dataframe(
            pd.DataFrame(
                {
                    "gone": [row.gone_at for row in rows],
                    "key": [plain.cell(row.finding.constraint) for row in rows],
                    "table": [plain.cell(row.finding.table) for row in rows],
                    "rule": [plain.cell(row.finding.rule) for row in rows],
                    "first": [row.first_seen for row in rows],
                    "target": [plain.cell(row.target) for row in rows],
                }
            ),
            hide_index=True,
            height=tall(len(rows), 8),
            column_config={
                "gone": column.DatetimeColumn("No longer found", format="distance", width=130),
                "key": column.TextColumn("Unique key", width=280),
                "table": column.TextColumn("Table", width=130),
                "rule": column.TextColumn("Rule", width=150),
                "first": column.DatetimeColumn("First found", format="distance", width=120),
                "target": column.TextColumn("Target", width=100),
            },
            placeholder=plain.UNKNOWN,
            alt="Findings that later audits no longer found",
        )
