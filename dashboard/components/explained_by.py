"""Which Invariant a leftover breaks: the deletion that should have been whole."""

from __future__ import annotations

import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow
from collectors.model import InvariantState, Verdict
from collectors.model.counted import counted
from dashboard import data
from dashboard.components import invariants_list, plain, routes
from dashboard.components.moments import ago_and_local


def show(conflict: ConflictRow) -> None:
    """For a Conflict that a leftover blocks; nothing for any other."""
    if conflict.verdict is not Verdict.BLOCKED_BY_LEFTOVER:
        return
    of_target = (conflict.target,) if conflict.target else None
    found = data.invariants(of_target, conflict.table)
    broken = [one for one in found if one.state is InvariantState.BROKEN]
    with st.container(border=True):
        st.markdown("**Left behind by a deletion that was not whole**")
        if not broken:
            st.caption("No Invariant about this table is known to be broken.")
            routes.link_to_prevention("What deletions left behind")
        for one in broken:
            plain.line(
                f"{one.invariant.title}: {counted(one.rows or 0, 'row')}, asked "
                f"{ago_and_local(one.as_of)}"
            )
            plain.line(one.invariant.reason)
            routes.link_to_prevention(
                "The Invariant that it breaks", invariant=invariants_list.told(one)
            )
