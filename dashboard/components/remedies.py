"""What can be done now: a card for each Remedy, with why, or why not."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow
from collectors.model import Verdict
from dashboard import data, state
from dashboard.components import plain, problem, remedy_dialog
from dashboard.components.moments import local, utc
from dashboard.remediation.service import Offer
from dashboard.state import Offered, OpenPlan


def show(conflict: ConflictRow) -> None:
    """The cards, and the dialog of the one that was chosen."""
    if conflict.verdict is Verdict.BLOCKED_BY_TOMBSTONE:
        _show_offers(conflict)
    elif conflict.verdict is Verdict.BLOCKED_BY_LEFTOVER:
        st.info(
            "The row that holds the key is live, so no remedy may touch it. An engineer has to "
            "clean up what was left behind when its parent was deleted.",
            icon=":material/engineering:",
        )
    plan = state.session().plan
    if plan is not None and plan.conflict_id == conflict.id:
        remedy_dialog.show(plan)


def _show_offers(conflict: ConflictRow) -> None:
    st.header("What can be done", anchor=False)
    with problem.told():
        offered = _offered(conflict.id)
        for column, offer in zip(
            st.columns(len(offered.offers), border=True), offered.offers, strict=True
        ):
            with column:
                _card(conflict, offer)
        st.caption(
            f"Asked of the application's database, {local(offered.asked_at)}.",
            help=utc(offered.asked_at),
        )


def _offered(conflict_id: str) -> Offered:
    """The last answer in this session, asked again once the store has changed."""
    held = state.session().offered.get(conflict_id)
    now = data.generation()
    if held is None or held.generation != now:
        with st.spinner("Asking the database what can be done …"):
            held = Offered(tuple(data.offers(conflict_id)), datetime.now(UTC), now)
        state.session().offered[conflict_id] = held
    return held


def _card(conflict: ConflictRow, offer: Offer) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{offer.title}**")
        if offer.first:
            st.badge("Recommended", color="green", icon=":material/thumb_up:")
    st.markdown(offer.why)
    if offer.refusal is not None:
        st.caption(":material/block: Not possible now")
        plain.line(offer.refusal.text)
    st.button(
        f"Preview: {offer.title.lower()}",  # a screen reader lists buttons without their cards
        key=f"preview_{offer.remedy}",
        icon=":material/visibility:",
        type="primary" if offer.first else "secondary",
        disabled=not offer.possible,
        on_click=_open,
        args=(OpenPlan(offer.title, conflict.id, offer.remedy, offer.why),),
    )


def _open(plan: OpenPlan) -> None:
    state.session().plan = plan
