"""A Refusal or a failure in words, with what differs from what was seen."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.components import plain
from dashboard.remediation.outcomes import Difference, Failed, RefusalCode, Refused

OF_THE_REASON = (RefusalCode.REASON_MISSING, RefusalCode.PERSONAL_DATA)
"""Refusals of the text alone: the plan still stands, and the text can be mended where it is."""


def show(refused: Refused) -> None:
    """Nothing was changed, and why."""
    st.warning("Refused: nothing was changed.", icon=":material/front_hand:")
    plain.line(refused.refusal.text)
    _differences(refused.refusal.difference)


def show_failed(failed: Failed) -> None:
    """It ended unclear, and a person must look, or its end will show without one."""
    if failed.settles:
        st.warning("How this ended is not settled yet.", icon=":material/hourglass:")
    else:
        st.error(
            "This ended unclear: somebody must look at the row before anything else is done to it.",
            icon=":material/error:",
        )
    plain.line(failed.text)
    _differences(failed.difference)
    plain.facts([("Remediation", failed.remediation_id)])


def _differences(differences: Sequence[Difference]) -> None:
    if differences:
        st.caption("What differs from what was seen, masked")
        plain.lines(map(str, differences))
