"""A key that is blocked again after a Remedy had freed it: the page says that it did not hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collectors.evidence.reads.conflicts import ConflictRow
from collectors.evidence.reads.remediations import RemediationRow
from collectors.model import Verdict
from dashboard.components.remediations import failed_cure
from tests.factories import conflict_row

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER, EARLIER = NOON + timedelta(hours=1), NOON - timedelta(hours=1)

CONFLICT = conflict_row(
    constraint="key",
    columns=("email",),
    masked_key=("j…",),
    failures=2,
    first_seen=EARLIER,
    last_seen=LATER,
    held_at=None,
    asked_at=LATER,
)
CURE = RemediationRow(
    id="r1",
    conflict_id=CONFLICT.id,
    target="production",
    remedy="release-key",
    row_id="7",
    undoes=None,
    undone_by=None,
    state="applied",
    actor="erin",
    role="engineer",
    reason="ticket",
    ticket=None,
    owner="here 1",
    started_at=NOON,
    finished_at=NOON,
    xid="1",
    slot="slot",
    code=None,
    said=None,
    undo_until=None,
    bulk_id=None,
)


def test_a_failure_after_the_cure_says_that_it_did_not_hold() -> None:
    assert failed_cure(CONFLICT, [CURE]) is CURE


@pytest.mark.parametrize(
    ("conflict", "done"),
    [
        (CONFLICT, []),
        (replace(CONFLICT, last_seen=EARLIER), [CURE]),
        (replace(CONFLICT, verdict=Verdict.UNBLOCKED), [CURE]),
        (CONFLICT, [replace(CURE, state="undone")]),
        (CONFLICT, [replace(CURE, state="refused")]),
        (CONFLICT, [replace(CURE, undoes="r0")]),
    ],
    ids=["never-cured", "nothing-since", "still-free", "taken-back", "refused", "an-undo"],
)
def test_otherwise_there_is_nothing_to_say(
    conflict: ConflictRow, done: list[RemediationRow]
) -> None:
    assert failed_cure(conflict, done) is None
