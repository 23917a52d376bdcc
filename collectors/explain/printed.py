"""What the Targets say of a key that a text prints: which Conflict it is, and how that stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from collectors.evidence.reads.conflicts import ConflictRow
from collectors.evidence.reads.unfailed import Pending
from collectors.inquiry import Inquiry
from collectors.model import Failure, Verdict, ViolatedKey

NO_EVENT = "0" * 32
"""The id of what no Event has reported."""
_SOURCE = "explain"


def judged_now(inquiry: Inquiry, failure: Failure) -> Verdict | None:
    """What the Target says of it; None where there is no Target to ask, or it does not answer."""
    (judged,) = inquiry.judge([Pending(_SOURCE, failure)])
    asked = judged.target is not None and judged.target not in inquiry.unreachable
    return judged.judgement.verdict if asked else None


def of_printed_key(
    inquiry: Inquiry, conflicts: Sequence[ConflictRow], key: ViolatedKey | None
) -> Sequence[ConflictRow]:
    """Those of the very key that a text prints, of all that have one of its values.

    A tenant's number is in every key of the tenant's, and a person's address in several tables'.
    Where no Target can tell which Conflict it is, at least a key of another name is not the one.
    """
    if key is None or not key.splits or not conflicts:
        return conflicts
    now = datetime.now(UTC)
    environments = {conflict.environment for conflict in conflicts}
    failures = (Failure(NO_EVENT, one, now, key=key) for one in sorted(environments))
    asked = [Pending(_SOURCE, one) for one in failures]
    ids = {one.failure.environment: one.conflict_id for one in inquiry.judge(asked)}
    named = {one.id for one in conflicts if one.constraint == key.constraint}
    return [
        one
        for one in conflicts
        if one.id == ids[one.environment]
        or (ids[one.environment] is None and (not named or one.id in named))
    ]
