"""Regression by release: what went live where, whom it hurt, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.components import plain
from dashboard.components.fix_summary import ABOVE, NO_DATA
from dashboard.components.table_height import tall
from dashboard.components.time_columns import in_utc, in_zone
from dashboard.data.regression import RELEASES_SHOWN
from dashboard.metrics.percents import percent
from dashboard.metrics.reasons import figure
from dashboard.metrics.releases import ReleaseLine


def show(lines: Sequence[ReleaseLine], window: str) -> None:
    """The newest first; a click on a heading sorts."""
    st.header("By release", anchor=False)
    if not lines:
        st.caption("No release failed or is known to have been deployed.")
        return
    st.dataframe(
        frame(lines),
        hide_index=True,
        height=tall(len(lines), 12),
        column_config=_columns(window),
        placeholder=NO_DATA,
        alt="Each release by environment: deployed, first seen, failures, customers, rates",
    )
    if len(lines) == RELEASES_SHOWN:
        st.caption(f"The {RELEASES_SHOWN} newest.")


def _columns(window: str) -> dict[str, Any]:
    column = st.column_config
    alone = "Of the whole days on which it alone was live, as far as read and counted."
    return {
        "release": column.TextColumn("Release", width=105, pinned=True),
        "environment": column.TextColumn("Environment", width=88),
        "deployed": in_zone("Deployed", seconds=False, width=118, hint="The first time, there."),
        "seen": in_zone(
            "First seen",
            seconds=False,
            width=118,
            hint="Its first Event, as the server tells it; else the first day it failed on.",
        ),
        "failures": column.NumberColumn(
            "Of this bug", format="localized", width=82, help=f"Failures of this bug, {window}."
        ),
        "customers": column.NumberColumn(
            "Customers", format="localized", width=78, help=f"Conflicts that it hurt, {window}."
        ),
        "rate": column.NumberColumn(
            "Violations per 1,000 creates",
            format="localized",
            width=175,
            help=f"Failures that violated a key, of any Verdict. {ABOVE} {alone}",
        ),
        "rate_sure": column.TextColumn("95%", width=90, help="Poisson."),
        "success": column.NumberColumn(
            "Re-creation success", format="%.1f%%", width=132, help=alone
        ),
        "success_sure": column.TextColumn(
            "95%, of tried", width=142, help="Binomial (Clopper and Pearson), and what was tried."
        ),
        "days": column.TextColumn("Alone on", width=190),
        "deployed_utc": in_utc("Deployed, UTC", seconds=False),
        "seen_utc": in_utc("First seen, UTC", seconds=False),
    }


def frame(lines: Sequence[ReleaseLine]) -> pd.DataFrame:
    """What the table shows; every text of it is cleaned."""
    return pd.DataFrame(
        {
            "release": [plain.cell(one.release) for one in lines],
            "environment": [plain.cell(one.environment) for one in lines],
            "deployed": [one.deployed_at for one in lines],
            "seen": [one.first_seen for one in lines],
            "failures": [one.failures for one in lines],
            "customers": [one.customers for one in lines],
            "rate": [_thousand(one) for one in lines],
            "rate_sure": [_rate_sure(one) for one in lines],
            "success": [_percent(one) for one in lines],
            "success_sure": [_success_sure(one) for one in lines],
            "days": [one.alone.words() if one.alone else None for one in lines],
            "deployed_utc": [one.deployed_at for one in lines],
            "seen_utc": [one.first_seen for one in lines],
        }
    )


def _thousand(line: ReleaseLine) -> float | None:
    """To three digits: more would say more than is known."""
    value = line.rate.value if line.rate else None
    return None if value is None else float(f"{1_000 * value:.3g}")


def _percent(line: ReleaseLine) -> float | None:
    """To one decimal, and 100 only where all succeeded."""
    value = line.recreation.value if line.recreation else None
    return None if value is None else 100.0 if value == 1 else min(100 * value, 99.9)


def _rate_sure(line: ReleaseLine) -> str | None:
    sure = line.rate.interval if line.rate else None
    return None if sure is None else f"{figure(1_000 * sure.low)} to {figure(1_000 * sure.high)}"


def _success_sure(line: ReleaseLine) -> str | None:
    share = line.recreation
    if share is None:
        return None
    return f"{percent(share.interval.low)} to {percent(share.interval.high)} of {share.whole:,}"
