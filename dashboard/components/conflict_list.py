"""A page of Conflicts as a table; a row's button opens it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow
from dashboard import data, state
from dashboard.components import pager, plain, routes
from dashboard.components.filters import Filters
from dashboard.components.verdict import LOOKS, label

_CLICK = "open_conflict"


def show(filters: Filters) -> None:
    """The Conflicts that the bar asks for, newest Failure first, a page at a time."""
    wanted = filters.conflicts()
    turned = state.paging("conflicts", filters)
    rows = data.conflicts_page(wanted, turned.behind[-1] if turned.behind else None)
    shown = rows[: data.PAGE]
    if not shown:
        st.info(
            "No Conflict matches these filters. Clear **Verdict** to see the settled ones too.",
            icon=":material/filter_alt_off:",
        )
        return
    _table(shown)
    last = shown[-1]
    pager.show(turned, (last.last_seen, last.id), more=len(rows) > data.PAGE, shown=len(shown))
    _open_clicked(shown)


def frame(conflicts: Sequence[ConflictRow]) -> pd.DataFrame:
    """What the table shows; every text of it is cleaned."""
    return pd.DataFrame(
        {
            "open": ["Open"] * len(conflicts),
            "verdict": [[label(conflict.verdict)] for conflict in conflicts],
            "key": [plain.cell(masked_key(conflict)) for conflict in conflicts],
            "organization": [plain.cell(conflict.organization_id) for conflict in conflicts],
            "environment": [plain.cell(conflict.environment) for conflict in conflicts],
            "attempts": [conflict.failures for conflict in conflicts],
            "last": [conflict.last_seen for conflict in conflicts],
            "place": [plain.cell(_key(conflict)) for conflict in conflicts],
            "last_utc": [conflict.last_seen for conflict in conflicts],
            "first_utc": [conflict.first_seen for conflict in conflicts],
        }
    )


def masked_key(conflict: ConflictRow) -> str:
    """The key's values as masked, without the organization that has a place of its own."""
    return ", ".join(value for _, value in _telling(conflict))


def _key(conflict: ConflictRow) -> str:
    """What the key is made of, likewise: `customers · lower(email::text)`."""
    return f"{conflict.table} · {', '.join(column for column, _ in _telling(conflict))}"


def _telling(conflict: ConflictRow) -> list[tuple[str, str]]:
    organization = data.organization_column(conflict)
    parts = zip(conflict.columns, conflict.masked_key, strict=True)
    return [(column, value) for column, value in parts if column != organization]


def _table(conflicts: Sequence[ConflictRow]) -> None:
    column = st.column_config
    looks = LOOKS.values()
    exact = "YYYY-MM-DD HH:mm:ss"
    st.dataframe(
        frame(conflicts),
        hide_index=True,
        height="content",
        column_config={
            "open": column.ButtonColumn("", key=_CLICK, width=70, pinned=True, type="secondary"),
            "verdict": column.MultiselectColumn(
                "Verdict",
                options=[look.label for look in looks],
                color=[look.ink for look in looks],
                width=190,
            ),
            "key": column.TextColumn("Key, masked", width=150),
            "attempts": column.NumberColumn("Attempts", width=80),
            "last": column.DatetimeColumn("Last failed", format="distance", width=110),
            "place": column.TextColumn("Table · key", width=230),
            "organization": column.TextColumn("Organization", width=165),
            "environment": column.TextColumn("Environment", width=100),
            "last_utc": column.DatetimeColumn("Last failed, UTC", format=exact, timezone="UTC"),
            "first_utc": column.DatetimeColumn("First failed, UTC", format=exact, timezone="UTC"),
        },
        alt="Conflicts, newest failure first, with an Open button in each row",
    )


def _open_clicked(conflicts: Sequence[ConflictRow]) -> None:
    row = state.clicked_row(_CLICK)
    if row is not None and row < len(conflicts):
        routes.open_conflict(conflicts[row].id)
