"""What was done to the same row by us before, or since: it bears on what is asked for now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from collectors.evidence.database import Store
from collectors.evidence.reads.remediations import (
    RemediationFilter,
    RemediationRow,
    list_remediations,
)
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.journal.images import open_image
from dashboard.remediation.journal.ledger import done_by
from dashboard.remediation.journal.orders import slot_of
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.plan import RemediationPlan

_CHANGED = (RefusalCode.CHANGED_SINCE_PREVIEW, RefusalCode.NOT_A_TOMBSTONE)


def stays_empty(store: Store, plan: RemediationPlan, now: datetime) -> tuple[str, ...]:
    """Of a restore: what an earlier release has emptied, and nothing puts back."""
    written = {change.column for change in plan.changes}
    found = []
    for done in _applied(store, slot_of(plan.place)):
        image = open_image(store, done.id, now) if done.remedy == RemedyName.RELEASE_KEY else None
        names = [
            name
            for name in (image.written if image else ())
            if name not in written and plan.before.columns.get(name) is None
        ]
        if names:
            found.append(
                f"{', '.join(names)} stays empty: a release took the value away {done_by(done)}. "
                "Take that back first to have it again."
            )
    return tuple(found)


def already(
    latest: RemediationRow, conflict_id: str, remedy: str, *, undo: bool = False
) -> Refusal | None:
    """What is said to whoever comes second; None where what was done is not what is asked for.

    A release frees one key: of a row that holds two, the other's is another matter.
    """
    of_another_key = latest.remedy == RemedyName.RELEASE_KEY and latest.conflict_id != conflict_id
    if of_another_key or (latest.undoes is not None) is not undo:
        return None
    text = f"This was already {'undone' if undo else 'done'} {done_by(latest)}."
    if latest.remedy != remedy:
        text = f"Another remedy was applied to this row: {latest.remedy} {done_by(latest)}."
    return Refusal(RefusalCode.ALREADY_DONE, text)


def by_us_since(store: Store, done: RemediationRow, refusal: Refusal) -> Refusal:
    """An undo's Refusal: where we have changed the row ourselves since, it says so."""
    if refusal.code not in _CHANGED:
        return refusal
    later = next(
        (one for one in _applied(store, done.slot) if one.started_at > done.started_at), None
    )
    if later is None or not later.can_be_undone:
        return refusal
    by_us = f"Since then {later.remedy} was applied to it {done_by(later)}: take that back first."
    return replace(refusal, text=f"{refusal.text} {by_us}")


def _applied(store: Store, slot: str) -> Iterator[RemediationRow]:
    """Newest first."""
    wanted = RemediationFilter(slot=slot, state="applied")
    return (done for done in list_remediations(store, wanted) if done.undoes is None)
