"""What was done for a Conflict: just now in this session, and ever, each with its way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow
from collectors.evidence.reads.remediations import RemediationRow
from dashboard import state
from dashboard.components import plain, refusal
from dashboard.components.moments import ago_and_utc, utc
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Failed
from dashboard.state import OpenPlan

_DONE: Mapping[RemedyName, str] = {
    RemedyName.RELEASE_KEY: "Released and verified",
    RemedyName.RESTORE_ROW: "Restored and verified",
    RemedyName.PURGE_ROW: "Purged and verified",
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
            st.success(
                f"{_DONE[ended.plan.remedy]}. The customer can be created again."
                if ended.plan.remedy is not RemedyName.RESTORE_ROW
                else f"{_DONE[ended.plan.remedy]}.",
                icon=":material/verified:",
            )
        remediation_id = ended.outcome.remediation_id
        plain.facts([("Remediation", remediation_id), ("At", utc(ended.outcome.at))])
        row = next((one for one in done if one.id == remediation_id), None)
        if row is not None and row.can_be_undone:
            _undo_button(row, "just_ended")


def history(done: Sequence[RemediationRow]) -> None:
    """Everything that was done or tried, newest first."""
    if not done:
        return
    st.subheader("What was done", anchor=False)
    for row in done:
        with st.container(border=True):
            what = "Undo: " if row.undoes else ""
            st.markdown(f"**{what}{_title(row)}** · {_STATES.get(row.state, 'Unknown state')}")
            plain.facts(
                [
                    ("When", ago_and_utc(row.finished_at or row.started_at)),
                    ("Who", f"{row.actor}, {row.role}"),
                    ("Why", row.reason),
                    ("Ticket", row.ticket),
                    ("Remediation", row.id),
                ]
            )
            if row.said:
                plain.line(row.said)
            if row.can_be_undone:
                _undo_button(row, "history")


def _title(row: RemediationRow) -> str:
    """In words; a name that this program does not know is not shown as markup."""
    known = row.remedy in set(RemedyName)
    return row.remedy.replace("-", " ").capitalize() if known else "Another remedy"


def _undo_button(row: RemediationRow, place: str) -> None:
    st.button(
        "Undo",
        key=f"undo_{place}_{row.id}",
        icon=":material/undo:",
        on_click=_open_undo,
        args=(row,),
        help=f"Possible until {utc(row.undo_until)}, as long as the row is as it was left.",
    )


def _open_undo(row: RemediationRow) -> None:
    remedy = RemedyName(row.remedy)
    title = f"Undo: {_title(row)}"
    state.session().plan = OpenPlan(title, row.conflict_id, remedy, undoes=row.id)
