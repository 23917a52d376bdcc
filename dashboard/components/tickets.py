"""The tickets that a Conflict was met in: references, never their text."""

from __future__ import annotations

import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow
from dashboard import data
from dashboard.components import plain
from dashboard.components.moments import ago


def show(conflict: ConflictRow) -> None:
    """Those that are known, and a box for another."""
    kept = data.tickets_of(conflict.id)
    label = f"Tickets ({len(kept)})" if kept else "Add a ticket"
    with st.popover(label, icon=":material/confirmation_number:", type="tertiary"):
        for one in kept:
            plain.line(f"{one.ticket} · {one.actor}, {ago(one.at)}")
        with st.form("add_ticket", border=False, clear_on_submit=True):
            ticket = st.text_input("Ticket's reference", max_chars=100, placeholder="SUP-4711")
            added = st.form_submit_button("Keep", icon=":material/add:")
        if added and ticket.strip() and keep(conflict.id, ticket):
            st.rerun()


def keep(conflict_id: str, ticket: str) -> bool:
    """Keep it; says why not where it is refused."""
    refusal = data.keep_ticket(conflict_id, ticket)
    if refusal is not None:
        plain.line(refusal.text)
    return refusal is None
