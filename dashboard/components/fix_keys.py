"""Is it fixed, key by key? A table, and the reasons of the line that was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.components import plain
from dashboard.components.fix_summary import ABOVE, LOOKS, NO_DATA, per_thousand, percent
from dashboard.components.table_height import tall
from dashboard.components.time_columns import in_utc, in_zone
from dashboard.data.regression import KeyLine
from dashboard.metrics.regression import is_mended


def show(keys: Sequence[KeyLine], window: str) -> None:
    """Worst first; the reasons are those of the worst until another is chosen."""
    st.header("By unique key", anchor=False)
    if not keys:
        st.caption("No unique key has failed with this bug, as far as the filters reach.")
        return
    _table(keys, window)
    labels = [_label(line) for line in keys]
    chosen = st.selectbox(
        "Reasons for",
        range(len(labels)),
        format_func=lambda number: labels[number],
        key="fix_key",
    )
    _reasons(keys[chosen if chosen is not None and chosen < len(keys) else 0])


def frame(keys: Sequence[KeyLine]) -> pd.DataFrame:
    """What the table shows; every text of it is cleaned."""
    return pd.DataFrame(
        {
            "state": [[LOOKS[one.verdict.state].label(one.verdict.state)] for one in keys],
            "key": [plain.cell(one.facts.constraint) for one in keys],
            "environment": [plain.cell(one.facts.environment) for one in keys],
            "failures": [one.failures for one in keys],
            "blocked": [one.facts.blocked_now for one in keys],
            "exposure": [0 if is_mended(one.facts) else one.facts.exposure for one in keys],
            "rate": [per_thousand(one.rate).line for one in keys],
            "success": [percent(one.recreation).line for one in keys],
            "rests": [_rests(one) for one in keys],
            "table": [plain.cell(one.facts.table) for one in keys],
            "first_bad": [_named(one.facts.first_bad) for one in keys],
            "last": [one.facts.last_failed for one in keys],
            "last_utc": [one.facts.last_failed for one in keys],
        }
    )


def _named(text: str | None) -> str | None:
    return plain.cell(text) if text else None


def _rests(line: KeyLine) -> int | None:
    return None if line.verdict.rests_on is None else line.verdict.rests_on.recreations


def _table(keys: Sequence[KeyLine], window: str) -> None:
    st.dataframe(
        frame(keys),
        hide_index=True,
        height=tall(len(keys), 12),
        column_config=_columns(window),
        placeholder=NO_DATA,
        alt="Each unique key by environment: whether it is fixed, and the numbers behind that",
    )


def _columns(window: str) -> dict[str, Any]:
    return _what_it_is() | _counted(window) | _dated()


def _what_it_is() -> dict[str, Any]:
    column = st.column_config
    return {
        "state": column.MultiselectColumn(
            "Is it fixed?",
            options=[look.label(state) for state, look in LOOKS.items()],
            color=[look.ink for look in LOOKS.values()],
            width=205,
            pinned=True,
        ),
        "key": column.TextColumn("Unique key", width=270),
        "table": column.TextColumn("Table", width=120),
        "environment": column.TextColumn("Environment", width=90),
    }


def _counted(window: str) -> dict[str, Any]:
    column = st.column_config
    return {
        "failures": column.NumberColumn(
            "Of this bug",
            format="localized",
            width=85,
            help=f"Failures of this bug, by this key, {window}.",
        ),
        "blocked": column.NumberColumn(
            "Blocked now",
            format="localized",
            width=95,
            help="Customers, as last asked, whenever they failed.",
        ),
        "exposure": column.NumberColumn(
            "Exposure",
            format="localized",
            width=75,
            help="Deleted rows that hold the key, as last counted; none where it ignores them. The "
            "reasons say where not every row was counted.",
        ),
        "rate": column.TextColumn(
            "Violations per 1,000 creates",
            width=175,
            help=f"Failures by this key of any Verdict for 1,000 rows created in its table (95%). "
            f"{ABOVE}",
        ),
        "success": column.TextColumn(
            "Re-creation success", width=145, help="Under this key (95%)."
        ),
        "rests": column.NumberColumn(
            "Rests on", width=75, help="Re-creations that succeeded since the last Failure."
        ),
    }


def _dated() -> dict[str, Any]:
    column = st.column_config
    return {
        "first_bad": column.TextColumn("First bad release", width=150),
        "last": in_zone("Last failed", hint="Whenever it was."),
        "last_utc": in_utc("Last failed, UTC"),
    }


def _label(line: KeyLine) -> str:
    return plain.cleaned(f"{line.facts.constraint}, {line.facts.environment}: {line.verdict.state}")


def _reasons(line: KeyLine) -> None:
    with st.container(border=True, gap="small"):
        look = LOOKS[line.verdict.state]
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(look.label(line.verdict.state), color=look.colour)
            plain.line(f"{line.facts.table} · {line.facts.constraint} · {line.facts.environment}")
        plain.lines(line.verdict.reasons)
        if line.verdict.missing:
            st.markdown("**What would settle it**")
            plain.lines(line.verdict.missing)
