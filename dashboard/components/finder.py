"""One box that takes anything, and the Conflicts it means."""

from __future__ import annotations

import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow
from collectors.explain import SearchAnswer
from dashboard import data, state
from dashboard.components import failure_card, plain, problem, routes, verdict
from dashboard.components.conflict_list import masked_key
from dashboard.components.moments import ago_and_utc

LONGEST = 100_000
SHOWN = 20
_BOX = "pasted"


def show() -> None:
    """The box, and beneath it what was found, until it is cleared."""
    with st.form("find"):
        text = st.text_area(
            "Paste a ticket, an error, an e-mail address, an ID or a Sentry link",
            key=_BOX,
            height=90,
            max_chars=LONGEST,
            placeholder="Customer jane@example.com says create fails with 500 …",
        )
        with st.container(horizontal=True):
            asked = st.form_submit_button("Find", type="primary", icon=":material/search:")
            st.form_submit_button("Clear", type="tertiary", on_click=_clear)
    if asked:
        _ask(text)
    answer = state.session().answer
    if answer is not None:
        _answer(answer)


def _ask(text: str) -> None:
    state.session().answer = None
    if not text.strip():
        return
    with problem.told(), st.spinner("Reading it, and asking the databases …"):
        state.session().answer = data.search(text)


def _clear() -> None:
    state.clear(_BOX)
    state.session().answer = None


def _answer(answer: SearchAnswer) -> None:
    with st.container(border=True):
        st.subheader(_found(answer), anchor=False)
        if answer.read_as:
            st.caption("Read in the text, masked")
            with st.container(horizontal=True, gap="medium"):
                for identifier in answer.read_as:
                    plain.line(f"{identifier.kind}: {identifier.shown}")
        if answer.notes:
            plain.lines(answer.notes)
        for conflict in answer.conflicts[:SHOWN]:
            _card(conflict)
        for failure in answer.failures[:SHOWN]:
            failure_card.show(failure, expanded=len(answer.failures) == 1)
        if max(len(answer.conflicts), len(answer.failures)) > SHOWN:
            st.caption(f"The newest {SHOWN} are shown. Paste more of the ticket to narrow it down.")


def _found(answer: SearchAnswer) -> str:
    if count := len(answer.conflicts):
        return "This is about one Conflict" if count == 1 else f"This is about {count} Conflicts"
    if answer.failures:
        return "These failures are known, and belong to no Conflict"
    return "Nothing that is known here is about this"


def _card(conflict: ConflictRow) -> None:
    with st.container(border=True):
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
        ):
            verdict.show(conflict.verdict, conflict.confidence)
            routes.link_to_conflict(conflict.id)
        st.markdown(verdict.sentence(conflict))
        plain.facts(
            [
                ("Key, masked", masked_key(conflict)),
                ("Organization", conflict.organization_id),
                ("Table", conflict.table),
                ("Environment", conflict.environment),
                ("Attempts", str(conflict.failures)),
                ("Last failed", ago_and_utc(conflict.last_seen)),
            ]
        )
