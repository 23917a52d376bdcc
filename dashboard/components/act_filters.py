"""Which acts are listed; the choice stands in the address."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from collectors.evidence.reads.activity import Act, ActFilter
from dashboard import data
from dashboard.components import address, plain
from dashboard.components.filters import Filters

WORDS: Mapping[Act, str] = {
    Act.REMEDY: "Remedy",
    Act.UNDO: "Undo",
    Act.REVEAL: "Values shown",
    Act.LOOK_UP: "Live look-up",
    Act.REFUSED: "Refused",
    Act.BULK: "Bulk",
    Act.LOOKED: "Looked at",
    Act.FORGET: "Forgotten",
}


def show(filters: Filters) -> ActFilter:
    """Draw what narrows acts, beside the bar that every page has."""
    address.say_what_is_not_known({"act": WORDS.values()})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        acts = st.multiselect(
            "What",
            list(Act),
            format_func=WORDS.__getitem__,
            key="act",
            placeholder="Anything",
            bind="query-params",
            width=360,
        )
        actor = st.selectbox(
            "Who",
            data.actors(),
            index=None,
            format_func=plain.cleaned,
            key="who",
            placeholder="Anybody",
            width=260,
        )
    return filters.acts(tuple(acts), actor)
