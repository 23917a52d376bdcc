"""What to tell whoever opened the ticket, to copy."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow, VerdictChange
from collectors.evidence.reads.remediations import RemediationRow
from collectors.model import RowRef, Verdict
from dashboard import data
from dashboard.components import plain
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.replies import Case, reply


def show(
    conflict: ConflictRow, done: Sequence[RemediationRow], changes: Sequence[VerdictChange]
) -> None:
    """The text, with a button that copies it."""
    st.header("What to answer", anchor=False)
    plain.block(reply(case_of(conflict, done, changes, data.organization_column(conflict))))
    st.caption("It names no customer, and nothing that another organization could learn from.")


def case_of(
    conflict: ConflictRow,
    done: Sequence[RemediationRow],
    changes: Sequence[VerdictChange],
    organization_column: str | None,
) -> Case:
    """What the reply may speak of; a cure only while the Conflict is unblocked.

    A Remedy of ours counts while the Conflict is freed by it: blocked again since, it may have been
    freed by others.
    """
    cured = conflict.verdict is Verdict.UNBLOCKED
    applied = (row for row in done if row.state == "applied" and row.undoes is None)
    ours = None if conflict.released_by is None else next(applied, None)
    at = changes[-1].at if changes else None
    return Case(
        verdict=conflict.verdict,
        table=conflict.table,
        columns=conflict.columns,
        own=organization_column in conflict.columns,
        attempts=conflict.failures,
        first_seen=conflict.first_seen,
        last_seen=conflict.last_seen,
        holder=_holds_now(conflict),
        cured_by=RemedyName(ours.remedy) if cured and ours else None,
        cured_at=(ours.finished_at if ours else at) if cured else None,
    )


def _holds_now(conflict: ConflictRow) -> RowRef | None:
    """What holds the key now, where what held it then does no more.

    A Remedy of ours leaves the Conflict's Holder as it was: the Tombstone itself.
    """
    holder, blocker = conflict.holder, conflict.blocker
    if holder is None or conflict.verdict not in (Verdict.UNBLOCKED, Verdict.HOLDER_GONE):
        return None
    return None if holder == blocker and holder.deleted_at is not None else holder
