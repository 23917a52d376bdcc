"""What a Conflict's reply may speak of: above all, what holds the key by now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collectors.model import RowRef, Verdict
from dashboard.components.reply import case_of
from tests.factories import NOON
from tests.unit.dashboard.test_failed_cure import CONFLICT, CURE

TOMBSTONE = RowRef("customers", "7", NOON)
RESTORED = RowRef("customers", "7")
ANOTHER = RowRef("customers", "8")


@pytest.mark.parametrize(
    ("verdict", "blocker", "holder", "holds_now"),
    [
        pytest.param(Verdict.UNBLOCKED, TOMBSTONE, None, None, id="free"),
        pytest.param(Verdict.UNBLOCKED, TOMBSTONE, TOMBSTONE, None, id="freed-by-a-remedy"),
        pytest.param(Verdict.UNBLOCKED, TOMBSTONE, RESTORED, RESTORED, id="restored"),
        pytest.param(Verdict.UNBLOCKED, TOMBSTONE, ANOTHER, ANOTHER, id="created-again"),
        pytest.param(Verdict.UNBLOCKED, RESTORED, RESTORED, RESTORED, id="no-leftover-any-more"),
        pytest.param(Verdict.HOLDER_GONE, None, ANOTHER, ANOTHER, id="gone-and-created-again"),
        pytest.param(Verdict.HOLDER_GONE, None, None, None, id="gone"),
        pytest.param(Verdict.LIVE_DUPLICATE, None, ANOTHER, None, id="its-own-reply-says-so"),
    ],
)
def test_what_holds_the_key_by_now(
    verdict: Verdict, blocker: RowRef | None, holder: RowRef | None, holds_now: RowRef | None
) -> None:
    conflict = replace(CONFLICT, verdict=verdict, blocker=blocker, holder=holder)

    assert case_of(conflict, (), (), "organization_id").holder == holds_now


@pytest.mark.parametrize(
    ("released_by", "cured_by"), [("release-key by erin", "release-key"), (None, None)]
)
def test_a_key_that_was_blocked_again_and_freed_by_others_is_no_cure_of_ours(
    released_by: str | None, cured_by: str | None
) -> None:
    conflict = replace(CONFLICT, verdict=Verdict.UNBLOCKED, released_by=released_by)

    assert case_of(conflict, (CURE,), (), "organization_id").cured_by == cured_by
