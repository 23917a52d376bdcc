"""Prevention: where it can still happen, what deletions left behind, and what mends it for good."""

from __future__ import annotations

import streamlit as st

from dashboard import data
from dashboard.components import (
    filters,
    findings_list,
    freshness,
    header,
    invariants_list,
    leftovers_list,
    prevention_summary,
    prevention_trends,
)


def render() -> None:
    """The page."""
    header.show("Prevention", "Where it can still happen, and the text that mends it for good.")
    freshness.show(outages=False)
    chosen = filters.show()
    wanted = chosen.surveys()
    found = data.audited(wanted)
    if not found.at:
        prevention_summary.never_audited()
        return
    prevention_summary.show(wanted, found)
    if chosen.organization or chosen.release:
        st.caption(
            "A schema is the same for every organization and release: these two narrow nothing but "
            "“Deleted rows in the way”, by organization."
        )
    findings_list.show(found)
    leftovers_list.show(wanted)
    invariants_list.show(wanted)
    prevention_trends.show(wanted)
