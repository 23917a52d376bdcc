"""From Preview to approval: what would change, what cannot be taken back, and why it is done.

The dialog is a fragment: what happens in it reruns the dialog alone, and the page behind it does
not move. The plan it shows is the one whose digest is approved; the service makes sure of that.
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from collectors.errors import TombstoneError
from dashboard import data, state
from dashboard.components import plain, problem, refusal
from dashboard.data import Confirmed
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Outcome, Refused
from dashboard.remediation.service import Preview
from dashboard.state import Ended, OpenPlan


def show(plan: OpenPlan) -> None:
    """Open it, or keep it open."""
    st.dialog(plan.title, width="medium", on_dismiss=_close)(_body)(plan)


def _body(plan: OpenPlan) -> None:
    if state.session().plan is not plan:  # a second quick click, after the first has closed it
        st.rerun()
    try:
        _seen(plan)
        _along(plan)
        seen = _seen(plan)
    except TombstoneError as error:
        problem.show(error)
        return
    place = st.empty()
    with place.container():
        if isinstance(seen, Refused):
            refusal.show(seen)
        elif plan.refused is None:
            _preview(plan, seen)
            _approval(plan, seen)
    if plan.refused is not None:
        place.empty()  # what was drawn into it in this run would stay beneath another drawing
        refusal.show(plan.refused)
        st.button("Preview again", icon=":material/refresh:", on_click=_forget, args=(plan,))


def _seen(plan: OpenPlan) -> Preview | Refused:
    if plan.seen is None:
        with st.spinner("Running it for real, and rolling it back …"):
            plan.seen = (
                data.preview(plan.conflict_id, plan.remedy, plan.along)
                if plan.undoes is None
                else data.undo_preview(plan.undoes)
            )
    return plan.seen


def _preview(opened: OpenPlan, preview: Preview) -> None:
    plan = preview.plan
    st.markdown(opened.why)
    st.caption(f"This was run for real in {preview.took_ms} ms and rolled back. Values are masked.")
    plain.facts([("Table", plan.table.label), ("Row", plan.place.row_id)])
    st.dataframe(
        changes_frame(preview),
        hide_index=True,
        column_config={"column": "Column", "before": "Before", "after": "After"},
        alt="Each changed column with its value before and after, masked",
    )
    for title, sentences in (
        ("Watch out", plan.warnings),
        ("It runs only if", plan.preconditions),
        ("How it is taken back", (plan.undo,)),
        ("What the rolled-back preview left behind", preview.cannot_take_back),
    ):
        if sentences:
            st.caption(title)
            plain.lines(sentences)
    with st.expander("The SQL, values masked", icon=":material/code:"):
        for statement in preview.statements:
            st.code(plain.cleaned(statement, lines=True), language="sql", wrap_lines=True)


def _along(plan: OpenPlan) -> None:
    """What was deleted in the same moment is offered; another choice needs another Preview."""
    if isinstance(plan.seen, Preview) and not plan.along:
        plan.offered = dict(plan.seen.plan.offered)
    if not plan.offered or plan.refused is not None:
        return
    chosen = st.multiselect(
        "Restore along with it, of what was deleted in the same moment",
        sorted(plan.offered),
        format_func=lambda table: f"{plan.offered[table]:,} in {plain.cell(table)}",
        placeholder="Nothing",
        help="For an engineer. What refers to these rows in turn stays deleted.",
    )
    if {*chosen} != {*plan.along}:
        plan.along, plan.seen = tuple(chosen), None


def changes_frame(preview: Preview) -> pd.DataFrame:
    """The changed columns as a table; every text of it is cleaned."""
    return pd.DataFrame(
        [
            (plain.cell(one.column), plain.cell(one.before), plain.cell(one.after))
            for one in preview.changes
        ],
        columns=["column", "before", "after"],
    )


def _approval(plan: OpenPlan, preview: Preview) -> None:
    with st.form("approve", border=False, enter_to_submit=False):
        reason = st.text_input(
            "Why is this done? No e-mail address or other customer data",
            key="reason",
            max_chars=500,
            placeholder=None if plan.undoes else "The customer cannot be created again",
        )
        ticket = st.text_input("Ticket (optional)", key="ticket", max_chars=100)
        approved = st.form_submit_button(
            _approve(plan),
            type="primary",
            icon=":material/check:",
        )
    if not approved:
        return
    if not reason.strip():
        st.warning("A reason is needed: it is kept with what was done.")
        return
    _run(plan, Confirmed(preview.plan.digest, reason.strip(), ticket.strip() or None))


def _approve(plan: OpenPlan) -> str:
    if plan.undoes:
        return "Approve and take back"
    purges = plan.remedy is RemedyName.PURGE_ROW
    return "Approve and delete for good" if purges else "Approve and apply"


def _run(plan: OpenPlan, order: Confirmed) -> None:
    try:
        with st.spinner("Locking the row, checking it again, applying, verifying …"):
            outcome: Outcome = (
                data.apply(plan.conflict_id, plan.remedy, order)
                if plan.undoes is None
                else data.undo(plan.undoes, order)
            )
    except TombstoneError as error:
        problem.show(error)
        return
    if isinstance(outcome, Refused) and outcome.refusal.code in refusal.OF_THE_REASON:
        refusal.show(outcome)
        return
    if isinstance(outcome, Refused):
        plan.refused = outcome
        return
    state.session().ended[plan.conflict_id] = Ended(plan, outcome)
    _close()
    st.rerun()


def _forget(plan: OpenPlan) -> None:
    plan.seen = plan.refused = None


def _close() -> None:
    state.session().plan = None
