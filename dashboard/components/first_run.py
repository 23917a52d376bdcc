"""What a dashboard without data says instead of empty tables."""

from __future__ import annotations

import streamlit as st

from collectors.evidence.reads.runs import RunRow
from dashboard.components import plain


def show(run: RunRow | None) -> None:
    """How to get to a first Verdict; `run` is the newest Run, if there was one."""
    with st.container(border=True):
        st.header("No failures have been collected yet")
        if run is None:
            _never()
        else:
            said, commands = _why_none(run)
            st.markdown(said)
            plain.block(commands)


def _why_none(run: RunRow) -> tuple[str, str]:
    """What the Run says about there being none, and the commands that lead on.

    That there was no failure is said only of a Run that has ended and reached its sources.
    """
    if run.finished_at is None:
        return (
            "A run has begun and has not ended, so nothing is known yet. If it was interrupted, "
            "start it again: what it had stored is kept.",
            "tombstone collect",
        )
    if run.unreachable:
        return (
            "The last run could not reach what is named above, so nothing is known yet. "
            "This says how to mend it, and then collects:",
            "tombstone doctor\ntombstone collect",
        )
    return (
        "The last run found no failed create, update, delete or restore. If that surprises "
        "you, look further back, or check what Tombstone may read:",
        "tombstone collect --since 90d\ntombstone doctor",
    )


def _never() -> None:
    st.markdown(
        "Tombstone reads failed requests from Sentry, looks each one up in the application's "
        "database, and says which soft-deleted row caused it. It needs three things, once:"
    )
    st.markdown(
        "1. a `tombstone.toml` that names Sentry and your databases "
        "(start from `tombstone.example.toml`),\n"
        "2. `tombstone doctor`, until every line says ok,\n"
        "3. the first collection:"
    )
    plain.block("tombstone collect --since 14d")
    st.caption("Only looking? `tombstone demo` starts everything with a story in it.")
