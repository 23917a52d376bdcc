"""The key's own values, for who may see them: shown in this one run, and kept nowhere."""

from __future__ import annotations

import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow
from dashboard import data
from dashboard.components import freshness, plain, problem
from dashboard.components.moments import local, utc
from dashboard.remediation.outcomes import Refusal


def show(conflict: ConflictRow) -> None:
    """A button; who presses it is journalled before anything is read."""
    asked = st.button(
        "Show the values",
        icon=":material/key:",
        help="Who looks, at which row and when is written into the journal first.",
    )
    if not asked:
        return
    with problem.told(), freshness.own_act():
        answer = data.reveal(conflict.id)
        if isinstance(answer, Refusal):
            st.warning("Refused: nothing is shown.", icon=":material/front_hand:")
            plain.line(answer.text)
            return
        plain.facts(list(answer.values))
        st.caption(
            f"As the application's database has it, {local(answer.asked_at)}.",
            help=utc(answer.asked_at),
        )
