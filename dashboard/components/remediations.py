"""What was done for a Conflict: just now in this session, and ever, each with its way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow
from collectors.evidence.reads.remediations import RemediationRow
from dashboard import data, state
from dashboard.components import bulk_dialog, plain, refusal
from dashboard.components.moments import local
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Failed
from dashboard.remediation.remedies import REMEDIES
from dashboard.remediation.service import Preview
from dashboard.state import OpenBulk, OpenPlan

_DONE: Mapping[RemedyName, str] = {
    RemedyName.RELEASE_KEY: "Released and verified: the deleted row no longer holds this key",
    RemedyName.RESTORE_ROW: "Restored and verified: the row is live again",
    RemedyName.PURGE_ROW: "Purged and verified: the row is gone for good",
}
_STATES: Mapping[str, str] = {
    "running": "Running",
    "applied": "Applied and verified",
    "refused": "Refused, nothing changed",
    "failed": "Ended unclear, needs a look",
    "undone": "Undone",
    "looked-at": "Ended unclear, looked at",
}


def just_ended(conflict: ConflictRow, done: Sequence[RemediationRow]) -> None:
    """The result of what this session did last, with its Undo beside it."""
    ended = state.session().ended.get(conflict.id)
    if ended is None:
        return
    if isinstance(ended.outcome, Failed):
        refusal.show_failed(ended.outcome)
        return
    with st.container(border=True):
        if ended.plan.undoes is not None:
            st.success("Undone and verified: the key is held again.", icon=":material/undo:")
        else:
            st.success(f"{_DONE[ended.plan.remedy]}.", icon=":material/verified:")
            _watch_out(ended.plan)
        remediation_id = ended.outcome.remediation_id
        plain.facts([("Remediation", remediation_id), ("At", ended.outcome.at)])
        row = next((one for one in done if one.id == remediation_id), None)
        if row is not None and row.can_be_undone:
            _undo_button(row, "just_ended")


def _watch_out(plan: OpenPlan) -> None:
    """What the Preview warned of holds on, such as a second key: a create may fail all the same."""
    if isinstance(plan.seen, Preview) and plan.seen.plan.warnings:
        st.caption("Watch out")
        plain.lines(plan.seen.plan.warnings)


def did_not_hold(conflict: ConflictRow, done: Sequence[RemediationRow]) -> None:
    """A warning where the key is blocked again although a Remedy had freed it."""
    cure = failed_cure(conflict, done)
    if cure is None:
        return
    st.warning("The cure did not hold: requests fail on this key again.", icon=":material/replay:")
    plain.line(
        f"{_title(cure)} by {cure.actor} was applied and verified {local(cure.finished_at)}; the "
        f"newest failed request is of {local(conflict.last_seen)}. Look at what was deleted since."
    )


def failed_cure(conflict: ConflictRow, done: Sequence[RemediationRow]) -> RemediationRow | None:
    """The newest cure that stands, where a Failure came after it and the key is held again."""
    cure = next((row for row in done if row.undoes is None and row.state == "applied"), None)
    if cure is None or cure.finished_at is None or conflict.last_seen is None:
        return None
    again = conflict.verdict.is_blocked and conflict.last_seen > cure.finished_at
    return cure if again else None


def history(done: Sequence[RemediationRow]) -> None:
    """Everything that was done or tried, newest first."""
    if not done:
        return
    st.header("What was done", anchor=False)
    for row in done:
        with st.container(border=True):
            what = "Undo: " if row.undoes else ""
            st.markdown(f"**{what}{_title(row)}** · {_STATES.get(row.state, 'Unknown state')}")
            plain.facts(
                [
                    ("When", row.finished_at or row.started_at),
                    ("Who", f"{row.actor}, {row.role}"),
                    ("Why", row.reason),
                    ("Ticket", row.ticket),
                    ("Remediation", row.id),
                ]
            )
            if row.said:
                plain.line(row.said)
            if row.state == "failed":
                _look_form(row)
            if row.can_be_undone:
                _undo_button(row, "history")
                if row.bulk_id is not None:
                    _undo_bulk_button(row, row.bulk_id)


def _look_form(row: RemediationRow) -> None:
    """For an engineer who has looked at what ended unclear."""
    with st.form(f"look_{row.id}", border=False):
        seen = st.text_input("What did you find? No customer data", max_chars=500)
        if not st.form_submit_button(
            "I have looked: open the row again", icon=":material/lock_open:"
        ):
            return
    refused = data.reopen(row.id, seen)
    if refused is None:
        st.rerun()
    plain.line(refused.text)


def _undo_bulk_button(row: RemediationRow, bulk_id: str) -> None:
    st.button(
        "Undo the whole bulk",
        key=f"undo_bulk_{row.id}",
        icon=":material/undo:",
        on_click=bulk_dialog.open_dialog,
        args=(OpenBulk("Undo the bulk", undoes=bulk_id),),
        help="It was one of many under one approval; each row is guarded by itself.",
    )


def _title(row: RemediationRow) -> str:
    """In words; a name that this program does not know is not shown as markup."""
    known = row.remedy in set(RemedyName)
    return REMEDIES[RemedyName(row.remedy)].title if known else "Another remedy"


def _undo_button(row: RemediationRow, place: str) -> None:
    st.button(
        "Undo",
        key=f"undo_{place}_{row.id}",
        icon=":material/undo:",
        on_click=_open_undo,
        args=(row,),
        help=f"Possible until {local(row.undo_until)}, as long as the row is as it was left.",
    )


def _open_undo(row: RemediationRow) -> None:
    remedy = RemedyName(row.remedy)
    title = f"Undo: {_title(row)}"
    state.session().plan = OpenPlan(title, row.conflict_id, remedy, undoes=row.id)
