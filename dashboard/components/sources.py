"""Each source's and each environment's last sign of life, and which environments map to nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from collectors.evidence.reads.sources import EnvironmentRow, SourceRow
from collectors.model.counted import counted
from dashboard import data
from dashboard.components import plain
from dashboard.components.filters import Filters
from dashboard.components.moments import ago_and_local
from dashboard.components.time_columns import in_utc, in_zone


def show(filters: Filters) -> None:
    """Two tables and, where there is reason, a warning; of the chosen environments."""
    st.header("Sources and environments", anchor=False)
    sources = data.sources_read()
    environments = [one for one in data.environments_heard() if filters.of(one.environment)]
    if not sources and not environments:
        st.caption("No source has been read, and no environment heard of.")
        return
    _unmapped(filters)
    column = st.column_config
    left, right = st.columns(2)
    with left:
        _sources(sources)
    with right:
        st.dataframe(
            environments_frame(environments),
            hide_index=True,
            height="content",
            column_config={
                "environment": column.TextColumn("Environment", width=150),
                "target": column.TextColumn("Target", width=150),
                "newest": column.DatetimeColumn("Newest failure", format="distance"),
                "at": in_zone("At"),
            },
            placeholder=plain.UNKNOWN,
            alt="Each environment, its Target, and its newest failure",
        )


def _sources(sources: Sequence[SourceRow]) -> None:
    if not sources:
        st.caption("No server has been read: what is stored came from files.")
        return
    column = st.column_config
    st.dataframe(
        sources_frame(sources),
        hide_index=True,
        height="content",
        column_config={
            "source": column.TextColumn("Source", width=260),
            "lag": column.DatetimeColumn("A page was last stored", format="distance"),
            "utc": in_utc("UTC"),
        },
        placeholder=plain.UNKNOWN,
        alt="Each source, and when a page of it was last stored",
    )


def sources_frame(sources: Sequence[SourceRow]) -> pd.DataFrame:
    """What the first table shows; every text of it is cleaned."""
    return pd.DataFrame(
        {
            "source": [plain.cell(source.source) for source in sources],
            "lag": [source.read_at for source in sources],
            "utc": [source.read_at for source in sources],
        }
    )


def environments_frame(environments: Sequence[EnvironmentRow]) -> pd.DataFrame:
    """What the second table shows, likewise."""
    mapped = {name: target for target, names in data.targets().items() for name in names}
    return pd.DataFrame(
        {
            "environment": [plain.cell(one.environment) for one in environments],
            "target": [
                plain.cell(one.target or mapped.get(one.environment) or "none")
                for one in environments
            ],
            "newest": [one.newest for one in environments],
            "at": [one.newest for one in environments],
        }
    )


def _unmapped(filters: Filters) -> None:
    waiting = [one for one in data.unmapped_environments() if filters.of(one.environment)]
    if not waiting:
        return
    st.warning(
        "Some environments belong to no Target: their failures are stored, counted, and judged "
        "against no database. Name them under a target's `environments`.",
        icon=":material/link_off:",
    )
    plain.lines(
        f"{one.environment}: {counted(one.failures, 'failure')}, the newest "
        f"{ago_and_local(one.last_seen)}"
        for one in waiting[:20]
    )
