"""A Conflict in one sentence, with the facts that name it and a link to send on."""

from __future__ import annotations

import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow
from dashboard.components import header, plain, routes, tickets, verdict
from dashboard.components.conflict_list import masked_key, organization


def show(conflict: ConflictRow) -> None:
    """Verdict, sentence, facts."""
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.title("Conflict", anchor=False, width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            header.who()
            tickets.show(conflict)
            _share(conflict)
    verdict.show(conflict.verdict, conflict.confidence)
    st.header(verdict.sentence(conflict), anchor=False)
    row = conflict.blocker or conflict.holder
    plain.facts(
        [
            ("Key, masked", masked_key(conflict)),
            ("Organization", organization(conflict)),
            ("Table", conflict.table),
            ("Unique key", f"{conflict.constraint} ({', '.join(conflict.columns)})"),
            ("Row that holds or held it", row.id if row else None),
            ("Environment", conflict.environment),
            ("Attempts", str(conflict.failures)),
            ("First failed", conflict.first_seen),
            ("Last failed", conflict.last_seen),
        ]
    )


def _share(conflict: ConflictRow) -> None:
    """The deep link, to copy."""
    with st.popover("Link to this Conflict", icon=":material/link:", type="tertiary"):
        plain.block(routes.conflict_address(conflict.id))
        st.caption("The link holds no customer data. Whoever opens it needs access to this page.")
