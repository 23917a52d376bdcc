"""One Failure without a Conflict: what was tried, what is known, which rows it may be about."""

from __future__ import annotations

import streamlit as st

from collectors.evidence.reads.failures import FailureRow
from dashboard.components import plain, routes
from dashboard.components.moments import ago, local, row_words
from dashboard.components.verdict import LOOKS


def show(failure: FailureRow, *, expanded: bool) -> None:
    """The card, folded or open."""
    look = LOOKS[failure.verdict]
    operation = (failure.operation or "unknown operation").capitalize()
    title = f"{look.sign} {operation}, {ago(failure.occurred_at)} · {local(failure.occurred_at)}"
    with st.expander(title, expanded=expanded):
        plain.facts(
            [
                ("Environment", failure.environment),
                ("Request", failure.transaction),
                ("Unique key", failure.constraint),
                ("Table", failure.table),
                ("Release", failure.release),
                ("Event", failure.event_id),
            ]
        )
        st.caption(look.meaning)
        plain.lines(failure.reasons or ("No reason was recorded.",))
        _candidates(failure)
        if failure.conflict_id is not None:
            routes.link_to_conflict(failure.conflict_id, "Open the Conflict")


def _candidates(failure: FailureRow) -> None:
    if not failure.candidates:
        return
    st.caption(f"Candidates ({len(failure.candidates)})")
    plain.lines(row_words(row) for row in failure.candidates)
