"""What deletions left behind, oldest first, with the oldest rows as masks."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from collectors.evidence.reads.leftovers import LeftoverRow
from collectors.evidence.reads.surveys import SurveyFilter
from dashboard import data
from dashboard.components import plain
from dashboard.components.moments import ago_and_local, utc
from dashboard.components.table_height import tall
from dashboard.metrics.prevention import KINDS


def show(wanted: SurveyFilter) -> None:
    """The table, the oldest rows of each, and what the counts leave out."""
    st.header("Left behind", anchor=False)
    rows = data.leftovers_found(wanted)
    if rows is None:
        st.info(
            "Nobody has counted yet what deletions left behind: the next run of `tombstone "
            "collect` does.",
            icon=":material/inventory_2:",
        )
        return
    if not rows:
        st.success("Deletions left nothing behind here.", icon=":material/task_alt:")
    else:
        _table(rows)
        _samples([row for row in rows if row.leftover.samples])
        counted = min(row.as_of for row in rows)
        st.caption(f"Counted {ago_and_local(counted)}, in the Targets.", help=utc(counted))
    _notes(wanted)


def frame(rows: Sequence[LeftoverRow]) -> pd.DataFrame:
    """What the table shows; every text of it is cleaned."""
    week = [_last_week(row) for row in rows]
    return pd.DataFrame(
        {
            "kind": [KINDS[row.leftover.kind] for row in rows],
            "table": [plain.cell(row.leftover.table) for row in rows],
            "of": [plain.cell(row.of) for row in rows],
            "name": [plain.cell(row.leftover.name) for row in rows],
            "rows": pd.array([row.leftover.rows for row in rows], dtype="Int64"),
            "week": pd.array(week, dtype="Int64"),
            "growth": [[count for _, count in row.leftover.growth] for row in rows],
            "oldest": [row.leftover.oldest for row in rows],
            "how": [plain.cell(_how(row)) for row in rows],
            "target": [plain.cell(row.target) for row in rows],
        }
    )


def _last_week(row: LeftoverRow) -> int | None:
    if row.leftover.rows is None:
        return None
    today = row.as_of.date()
    return sum(count for day, count in row.leftover.growth if (today - day).days < 7)


def _how(row: LeftoverRow) -> str:
    found = row.leftover
    if found.said is not None:
        return f"Not counted. {found.said}"
    return "every row" if found.sampled is None else f"from {found.sampled:.1%} of the rows"


def _table(rows: Sequence[LeftoverRow]) -> None:
    column = st.column_config
    st.dataframe(
        frame(rows).drop(columns="growth"),
        hide_index=True,
        height=tall(len(rows)),
        column_config={
            "kind": column.TextColumn("What", width=175),
            "table": column.TextColumn("Rows of", width=95),
            "of": column.TextColumn("Left by deleting", width=115),
            "name": column.TextColumn("Foreign or unique key", width=300),
            "rows": column.NumberColumn("Rows", format="localized", width=60),
            "week": column.NumberColumn("Of 7 days", format="localized", width=75),
            "oldest": column.DatetimeColumn("Oldest", format="distance", width=100),
            "how": column.TextColumn("Counted", width=90),
            "target": column.TextColumn("Target", width=95),
        },
        placeholder=plain.UNKNOWN,
        alt="What deletions left behind: how many rows of which table, since when",
    )


def _samples(rows: Sequence[LeftoverRow]) -> None:
    """The oldest few of each, behind a fold; of erased rows the ids alone."""
    if not rows:
        return
    with st.expander("The oldest rows of each, masked", icon=":material/visibility_off:"):
        for row in rows:
            found = row.leftover
            st.caption(KINDS[found.kind])
            plain.line(f"{found.table}, {found.name}, {row.target}")
            plain.lines(
                f"{one.row_id}{_masked(one.values)}, deleted {ago_and_local(one.since)}"
                if one.since
                else f"{one.row_id}{_masked(one.values)}, not known when"
                for one in found.samples
            )


def _masked(values: Sequence[str | None]) -> str:
    return f" ({', '.join(value or '–' for value in values)})" if values else ""


def _notes(wanted: SurveyFilter) -> None:
    notes = data.leftover_notes(wanted)
    if notes:
        with st.expander(f"What these counts leave out ({len(notes)})", icon=":material/rule:"):
            plain.lines(notes)
