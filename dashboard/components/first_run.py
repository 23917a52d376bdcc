"""What a dashboard without data says instead of empty tables."""

from __future__ import annotations

import streamlit as st

from dashboard.components import plain


def show(*, collected: bool) -> None:
    """How to get to a first Verdict; `collected` when a Run has been but found nothing."""
    with st.container(border=True):
        st.header("No failures have been collected yet")
        if collected:
            st.markdown(
                "The last run found no failed create, update, delete or restore. If that surprises "
                "you, look further back, or check what Tombstone may read:"
            )
            plain.block("tombstone collect --since 90d\ntombstone doctor")
            return
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
