"""UNDECIDED, or a remark: the Snapshot is older than the Event, or than what we know already.

Speaks when a standby is behind, or the Event's clock ahead. Clearly older: asked again. Older by
less than the clock tolerance: what it shows may be from before, so at most LIKELY. A Remedy or its
undo that it does not show yet is no news of the row either.
"""

from __future__ import annotations

from datetime import datetime

from collectors.linking.case import Case, Ruling, When, remark, undecided
from collectors.linking.words import failed, utc
from collectors.model import Confidence

NAME = "old_snapshot"


def old_snapshot(case: Case) -> Ruling | None:
    """Wait for a Snapshot that can show what the Event met."""
    if case.as_of is None:
        return None
    seen = f"The database was read as of {utc(case.as_of)}"
    known = _newer_knowledge(case, case.as_of)
    if known is not None:
        reason = f"{seen}, which is before {known}; it is asked again."
        return undecided(NAME, reason, case.candidates)
    if case.as_of >= case.at:
        return None
    if case.when(case.as_of) is When.BEFORE:
        reason = f"{seen}, which is before {failed(case)} ({utc(case.at)}); it is asked again."
        return undecided(NAME, reason, case.candidates)
    return remark(NAME, f"{seen}, a moment before {failed(case)}.", Confidence.LIKELY)


def _newer_knowledge(case: Case, as_of: datetime) -> str | None:
    """What we did or saw after the Snapshot's time."""
    freed = case.earlier and case.earlier.released_at
    if freed and as_of < freed:
        return f"Tombstone freed the key ({utc(freed)})"
    held = case.earlier and case.earlier.held_at
    return f"we knew it to be held ({utc(held)})" if held and as_of < held else None
