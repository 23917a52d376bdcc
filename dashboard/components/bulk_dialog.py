"""Many at once: one Preview with its totals and exceptions, one reason, a bar while it runs."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from collectors.errors import TombstoneError
from collectors.evidence.reads.conflicts import ConflictRow
from collectors.model import Verdict
from collectors.model.counted import counted
from dashboard import data, state
from dashboard.access import Role
from dashboard.components import number, plain, problem, refusal
from dashboard.components.table_height import tall
from dashboard.data import Confirmed
from dashboard.remediation.service.bulk import (
    BulkEnded,
    BulkPreview,
    BulkRefused,
    Chosen,
    Excepted,
)
from dashboard.state import OpenBulk


def show(conflict: ConflictRow) -> None:
    """The button for all that this key blocks for this organization, and the open dialog."""
    blocked = conflict.verdict is Verdict.BLOCKED_BY_TOMBSTONE
    if blocked and data.actor().role.is_at_least(Role.ENGINEER):
        st.button(
            "Release all that this key blocks here",
            icon=":material/playlist_remove:",
            on_click=open_dialog,
            args=(OpenBulk("Release in bulk", chosen=Chosen(like=conflict.id)),),
            help="Every Conflict of this key, organization and environment that is CERTAIN.",
        )
    bulk = state.session().bulk
    if bulk is not None:
        show_dialog(bulk)


def open_dialog(bulk: OpenBulk) -> None:
    """Open the dialog in the run that follows."""
    state.session().bulk = bulk


def show_dialog(bulk: OpenBulk) -> None:
    """Open it, or keep it open."""
    st.dialog(bulk.title, width="large", on_dismiss=_close)(_body)(bulk)


def _body(bulk: OpenBulk) -> None:
    if state.session().bulk is not bulk:  # a second quick click, after the first has closed it
        st.rerun()
    try:
        if bulk.seen is None:
            with st.spinner("Running every row for real, and rolling it back …"):
                bulk.seen = _previewed(bulk)
        if bulk.ended is not None:
            _show_ended(bulk.ended)
        elif isinstance(bulk.seen, BulkRefused):
            _show_refused(bulk.seen)
        else:
            _preview(bulk.seen)
            _approval(bulk, bulk.seen)
    except TombstoneError as error:
        problem.show(error)


def _previewed(bulk: OpenBulk) -> BulkPreview | BulkRefused:
    if bulk.undoes is not None:
        return data.bulk_undo_preview(bulk.undoes)
    return data.bulk_preview(bulk.chosen)


def _preview(preview: BulkPreview) -> None:
    st.caption(f"Every row was run for real in {preview.took_ms:,} ms and rolled back.")
    with number.row():
        number.show(
            "Rows that would be written",
            f"{preview.rows:,}",
            "Of those that were chosen. Source: this Preview.",
        )
        number.show(
            "Left as they are",
            f"{len(preview.exceptions):,}",
            "Each is named with its reason. Source: this Preview.",
        )
        number.show(
            "Batches",
            f"{preview.batches:,}",
            "Transactions of their own. Source: this Preview.",
        )
    warnings = list(preview.warnings)
    if preview.not_undoable and preview.undoes is None:
        erased = counted(preview.not_undoable, "row was", "rows were")
        warnings.append(f"{erased} erased, so there is no undo.")
    if warnings:
        st.caption("Watch out")
        plain.lines(warnings)
    _exceptions(preview.exceptions)
    if not preview.rows:
        st.caption("Nothing would be written, so there is nothing to approve.")
        return
    with st.expander("The SQL of one row of each kind, values masked", icon=":material/code:"):
        for statement in preview.statements:
            st.code(plain.cleaned(statement, lines=True), language="sql", wrap_lines=True)


def exceptions_frame(exceptions: tuple[Excepted, ...]) -> pd.DataFrame:
    """Each exception with its reason; every text of it is cleaned."""
    rows = [(plain.cell(one.conflict_id), plain.cell(one.refusal.text)) for one in exceptions]
    return pd.DataFrame(rows, columns=["conflict", "why"])


def _exceptions(exceptions: tuple[Excepted, ...]) -> None:
    if not exceptions:
        return
    st.caption("Left as they are, and why")
    st.dataframe(
        exceptions_frame(exceptions),
        hide_index=True,
        height=tall(len(exceptions), 5),
        column_config={"conflict": "Conflict", "why": "Why"},
        alt="Each Conflict that is left as it is, with the reason in words",
    )


def _approval(bulk: OpenBulk, preview: BulkPreview) -> None:
    if not preview.rows:
        return
    with st.form("approve_bulk", border=False, enter_to_submit=False):
        reason = st.text_input(
            "Why is this done? One reason for all; no customer data",
            key="bulk_reason",
            max_chars=500,
        )
        ticket = st.text_input("Ticket (optional)", key="bulk_ticket", max_chars=100)
        what = "take back" if preview.undoes else "release"
        approved = st.form_submit_button(
            f"Approve and {what} {preview.rows:,}", type="primary", icon=":material/check:"
        )
    if not approved:
        return
    if not reason.strip():
        st.warning("A reason is needed: it is kept with what was done.")
        return
    _run(bulk, Confirmed(preview.digest, reason.strip(), ticket.strip() or None))


def _run(bulk: OpenBulk, order: Confirmed) -> None:
    bar = st.progress(0.0, text="Locking, checking, writing, verifying …")

    def told(done: int, of: int) -> None:
        bar.progress(min(done / max(of, 1), 1.0))

    ended = data.bulk_apply(order, told)
    if isinstance(ended, BulkRefused) and ended.refusal.code in refusal.OF_THE_REASON:
        bar.empty()
        _show_refused(ended)
        return
    bulk.ended = ended
    st.rerun(scope="fragment")


def _show_ended(ended: BulkEnded | BulkRefused) -> None:
    if isinstance(ended, BulkRefused):
        _show_refused(ended)
        return
    if ended.waiting:
        st.warning(
            "It has stopped. A new Preview goes on with what waits.", icon=":material/pause_circle:"
        )
    else:
        st.success("Done and verified.", icon=":material/verified:")
    facts = [
        ("Written", f"{ended.applied:,}"),
        ("Refused", f"{ended.refused:,}"),
        ("Unclear", f"{ended.failed:,}"),
        ("Waiting", f"{ended.waiting:,}"),
        ("Bulk", ended.bulk_id),
    ]
    plain.facts([(name, value) for name, value in facts])
    if ended.stopped:
        plain.line(ended.stopped)
    _exceptions(ended.exceptions)


def _show_refused(refused: BulkRefused) -> None:
    st.warning("Refused: nothing was begun.", icon=":material/front_hand:")
    plain.line(refused.refusal.text)


def _close() -> None:
    state.session().bulk = None
