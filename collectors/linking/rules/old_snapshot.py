"""UNDECIDED, or a remark: the Snapshot is older than the Event.

Speaks when a standby is behind, or the Event's clock ahead. Clearly older: asked again. Older by
less than the clock tolerance: what it shows may be from before, so at most LIKELY.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling, When, remark, undecided
from collectors.linking.words import utc
from collectors.model import Confidence

NAME = "old_snapshot"


def old_snapshot(case: Case) -> Ruling | None:
    """Wait for a Snapshot that can show what the Event met."""
    if case.as_of is None or case.as_of >= case.at:
        return None
    seen = f"The database was read as of {utc(case.as_of)}"
    if case.when(case.as_of) is When.BEFORE:
        reason = f"{seen}, which is before the request failed ({utc(case.at)}); it is asked again."
        return undecided(NAME, reason, case.candidates)
    return remark(NAME, f"{seen}, a moment before the request failed.", Confidence.LIKELY)
