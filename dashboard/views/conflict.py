"""Conflict: one key with its values: what blocks it, whom it hurts, and what can be done now."""

from __future__ import annotations

import streamlit as st

from dashboard import data
from dashboard.components import (
    attempts,
    bulk_dialog,
    elsewhere,
    evidence,
    explained_by,
    freshness,
    headline,
    live_look,
    remediations,
    remedies,
    reply,
    reveal,
    routes,
    timeline,
)


def render() -> None:
    """The page of the Conflict that the address names."""
    routes.link_to_triage()
    conflict_id = routes.conflict_id()
    conflict = data.conflict(conflict_id) if conflict_id else None
    if conflict is None:
        st.title("Conflict", anchor=False)
        st.info("This address names no Conflict that is known here.", icon=":material/link_off:")
        return
    freshness.show(outages=False)
    failures, changes = data.failures_of(conflict.id), data.verdict_changes(conflict.id)
    done = data.remediations_of(conflict.id)
    headline.show(conflict)
    remediations.just_ended(conflict, done)
    remediations.did_not_hold(conflict, done)
    timeline.show(conflict, failures, changes)
    explained_by.show(conflict)
    actions = st.container()
    reply.show(conflict, done, changes)
    elsewhere.show(conflict, failures)
    evidence.show(conflict)
    attempts.show(conflict, failures)
    remediations.history(done)
    evidence.history(changes)
    with actions:  # filled last: it asks the application's database, and nothing waits for that
        live_look.show(conflict)
        reveal.show(conflict)
        remedies.show(conflict)
        bulk_dialog.show(conflict)
