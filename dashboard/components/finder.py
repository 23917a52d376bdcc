"""One box that takes anything, and the Conflicts it means."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow
from collectors.explain import CONFLICT, LiveAnswer, SearchAnswer
from collectors.linking.ticket import IdentifierKind
from dashboard import data, state
from dashboard.components import (
    failure_card,
    freshness,
    live_answer,
    plain,
    problem,
    routes,
    tickets,
    verdict,
)
from dashboard.components.conflict_list import masked_key, organization
from dashboard.state import Session

LONGEST = 1_000_000
"""Characters that are read of a text; an event's JSON has up to half of them. The box itself takes
more: given a limit it drops a longer paste without a word."""
SHOWN = 20
_BOX, _TICKET = "pasted", "pasted_ticket"
KINDS: Mapping[str, str] = {
    CONFLICT: "Conflict",
    IdentifierKind.EMAIL: "E-mail address",
    IdentifierKind.UUID: "ID",
    IdentifierKind.EVENT_ID: "Event",
    IdentifierKind.ISSUE_URL: "Link",
    IdentifierKind.ISSUE_ID: "Issue",
    IdentifierKind.ORGANIZATION: "Organization",
    IdentifierKind.EXTERNAL_ID: "External ID",
    IdentifierKind.TIME: "Time",
}


def show() -> None:
    """The box, and beneath it what was found, until it is cleared."""
    with st.form("find"):
        text = st.text_area(
            "Paste a ticket, an error, an e-mail address, an ID or a Sentry link",
            key=_BOX,
            height=90,
            placeholder="Customer jane@example.com says create fails with 500 …",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            ticket = st.text_input(
                "Ticket's reference (optional)",
                key=_TICKET,
                max_chars=100,
                placeholder="SUP-4711",
                width=220,
            )
            asked = st.form_submit_button("Find", type="primary", icon=":material/search:")
            st.form_submit_button("Clear", type="tertiary", on_click=_clear)
    if asked:
        _ask(text[:LONGEST], ticket.strip())
        if len(text) > LONGEST:
            st.caption(f"It is long: its first {LONGEST:,} characters were read.")
        if not text.strip():
            st.caption("Nothing was pasted, so nothing was looked for.")
    answer = state.session().answer
    if answer is not None:
        _answer(answer)


def _ask(text: str, ticket: str) -> None:
    session = state.session()
    session.answer, session.live, session.ticket = None, None, ticket
    if not text.strip():
        return
    with (
        problem.told(),
        freshness.own_act(),
        st.spinner("Reading it, and asking the databases …"),
    ):
        session.answer = data.search(text)
        if not session.answer.conflicts and not session.answer.failures:
            session.live = data.ask_live(text)
    if ticket and (one := _only_conflict(session)):
        with freshness.own_act():
            tickets.keep(one, ticket)


def _only_conflict(session: Session) -> str | None:
    """The Conflict that is meant, where it is one alone."""
    if session.answer is None:
        return None
    meant = {conflict.id for conflict in session.answer.conflicts}
    if isinstance(session.live, LiveAnswer):
        meant |= {one.conflict_id for one in session.live.findings if one.conflict_id}
    return meant.pop() if len(meant) == 1 else None


def _keep(conflict_id: str, ticket: str) -> None:
    refusal = data.keep_ticket(conflict_id, ticket)
    told = "The ticket is kept with this Conflict." if refusal is None else refusal.text
    st.toast(told, icon=":material/confirmation_number:")


def _clear() -> None:
    state.clear(_BOX)
    state.clear(_TICKET)
    session = state.session()
    session.answer, session.live, session.ticket = None, None, ""


def _answer(answer: SearchAnswer) -> None:
    """What was found stays until it is cleared; each Conflict is shown as it stands by now."""
    several = len(answer.conflicts) > 1
    with st.container(border=True):
        st.header(_found(answer), anchor=False)
        if answer.read_as:
            st.caption("Read in the text, masked")
            with st.container(horizontal=True, gap="medium"):
                for identifier in answer.read_as:
                    plain.line(f"{KINDS[identifier.kind]}: {identifier.shown}")
        if answer.notes:
            plain.lines(answer.notes)
        for conflict in filter(None, (data.conflict(one.id) for one in answer.conflicts[:SHOWN])):
            _card(conflict, state.session().ticket if several else "")
        for failure in answer.failures[:SHOWN]:
            failure_card.show(failure, expanded=len(answer.failures) == 1)
        if max(len(answer.conflicts), len(answer.failures)) > SHOWN:
            st.caption(f"The newest {SHOWN} are shown. Paste more of the ticket to narrow it down.")
        if not answer.conflicts and not answer.failures:
            live_answer.show(state.session().live)


def _found(answer: SearchAnswer) -> str:
    count = len(answer.conflicts)
    if answer.perhaps:
        return f"This may be about any of {count} Conflicts"
    if count:
        return "This is about one Conflict" if count == 1 else f"This is about {count} Conflicts"
    if answer.failures:
        return "These failures are known, and belong to no Conflict"
    return "Nothing that was collected is about this"


def _card(conflict: ConflictRow, ticket: str) -> None:
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
                ("Organization", organization(conflict)),
                ("Table", conflict.table),
                ("Environment", conflict.environment),
                ("Attempts", str(conflict.failures)),
                ("Last failed", conflict.last_seen),
            ]
        )
        if ticket:
            st.button(
                "Keep the ticket with this one",
                key=f"ticket_{conflict.id}",
                icon=":material/confirmation_number:",
                on_click=_keep,
                args=(conflict.id, ticket),
            )
