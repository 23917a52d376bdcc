"""What happened when: as a picture, and as a list that reads the same without one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow, VerdictChange
from collectors.evidence.reads.failures import FailureRow
from collectors.model import Verdict
from dashboard.charts.timeline import Moment, Step, beyond, described, timeline
from dashboard.components import picture
from dashboard.components.moments import ago_and_local, utc


def show(
    conflict: ConflictRow, failures: Sequence[FailureRow], changes: Sequence[VerdictChange]
) -> None:
    """The story so far."""
    moments = story(conflict, failures, changes)
    now = datetime.now(UTC)
    if not moments:
        return
    picture.show(timeline, moments, now, alt=described(moments, now), key="timeline")
    if outside := beyond(moments, now):
        st.caption(outside)
    with st.expander("The same as a list", icon=":material/list:"):
        st.markdown("\n".join(f"- **{m.step}** {_when(m.at)}" for m in moments))
        if conflict.failures > len(failures):
            st.caption(f"The newest {len(failures)} of {conflict.failures} attempts.")


def _when(at: datetime) -> str:
    """In the viewer's zone and in UTC; once where that is the same."""
    told, exact = ago_and_local(at), utc(at)
    return told if exact in told else f"{told}, {exact}"


def story(
    conflict: ConflictRow, failures: Sequence[FailureRow], changes: Sequence[VerdictChange]
) -> list[Moment]:
    """The moments in the order of time."""
    row = conflict.blocker or conflict.holder
    moments = [Moment(Step.FAILED, failure.occurred_at) for failure in failures]
    if conflict.row_created_at is not None:
        moments.append(Moment(Step.CREATED, conflict.row_created_at))
    if row is not None and row.deleted_at is not None:
        moments.append(Moment(Step.DELETED, row.deleted_at))
    if conflict.verdict is Verdict.UNBLOCKED and changes:
        freed = Step.UNBLOCKED if conflict.released_by else Step.SEEN_FREE
        moments.append(Moment(freed, changes[-1].at))
    return sorted(moments, key=lambda moment: moment.at)
