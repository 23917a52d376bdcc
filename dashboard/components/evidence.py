"""What the Verdict rests on: the reasons with their source and age, and how it changed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow, VerdictChange
from dashboard.components import plain, verdict
from dashboard.components.moments import ago_and_local, row_words, utc


def show(conflict: ConflictRow) -> None:
    """The reasons, and whom we asked when."""
    st.header("Why", anchor=False)
    with st.container(border=True):
        plain.lines(conflict.reasons or ("No reason was recorded.",))
        if conflict.candidates:
            st.caption("Candidates: a hint, never proof")
            plain.lines(row_words(row) for row in conflict.candidates)
        st.caption(
            f"Source: the application's database, asked {ago_and_local(conflict.asked_at)}.",
            help=utc(conflict.asked_at),
        )
        if conflict.held_at is not None and not conflict.verdict.is_blocked:
            st.caption(
                f"Last seen blocked {ago_and_local(conflict.held_at)}.", help=utc(conflict.held_at)
            )
        if conflict.released_by is not None:
            plain.line(f"How it was freed: {conflict.released_by}")


def history(changes: Sequence[VerdictChange]) -> None:
    """How the Verdict changed, newest first."""
    with st.expander(f"Verdict history ({len(changes)})", icon=":material/history:"):
        for change in reversed(changes):
            with st.container(horizontal=True, vertical_alignment="center"):
                verdict.show(change.verdict, change.confidence)
                st.caption(ago_and_local(change.at), help=utc(change.at))
            plain.lines(change.reasons)
