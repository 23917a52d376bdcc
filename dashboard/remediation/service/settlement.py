"""What became of a plan whose end nobody saw: asked of the database, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from collectors.evidence.database import Store
from collectors.evidence.reads.remediations import RemediationRow, list_entries
from collectors.evidence.remedied import mark_blocked_again, mark_unblocked
from dashboard.remediation.facts import Place, RemedyName, Row
from dashboard.remediation.guard import Settlement, differences, settled
from dashboard.remediation.journal import recording
from dashboard.remediation.journal.images import open_image, row_print
from dashboard.remediation.journal.ledger import close
from dashboard.remediation.outcomes import (
    Applied,
    Difference,
    Failed,
    Outcome,
    Refusal,
    RefusalCode,
    Refused,
)
from dashboard.remediation.writer import Writer

_DID: Mapping[str, str] = {
    RemedyName.RELEASE_KEY: "released its key",
    RemedyName.RESTORE_ROW: "restored the row",
    RemedyName.PURGE_ROW: "purged the row",
}

_NOT_COMMITTED = Refusal(
    RefusalCode.INTERRUPTED, "It was cut off before it was committed: nothing was changed."
)


def settle_uncommitted(store: Store, remediation_id: str, now: datetime) -> Refused | None:
    """Close a remediation that never came to its COMMIT, and keep it from it should it still run.

    None where it has come to it in the meantime.
    """
    with recording(store) as line:
        closed = close(
            line,
            remediation_id,
            "refused",
            now,
            code=_NOT_COMMITTED.code,
            said=_NOT_COMMITTED.text,
            uncommitted=True,
        )
    return Refused(_NOT_COMMITTED, remediation_id) if closed else None


def settle_unplaced(
    store: Store, writer: Writer, why: Refusal, done: RemediationRow, now: datetime
) -> Outcome | None:
    """Close one whose table is not there as it was: its transaction alone tells what became of it.

    Raises TargetUnreachable.
    """
    assert done.xid is not None
    status = writer.status(done.xid)
    if status == "in progress":
        return None
    if status == "aborted":
        return close_refused(store, done.id, _NOT_COMMITTED, now)
    known = "It was committed" if status else "Whether it was committed is no longer known"
    text = f"{known}, and the row cannot be looked at: {why.text}"
    return close_failed(store, done.id, text, (), now)


def settle_by_database(
    store: Store, writer: Writer, place: Place, done: RemediationRow, now: datetime
) -> Outcome | None:
    """Close a remediation by its transaction's status and by the row; None while that goes on.

    Raises TargetUnreachable.
    """
    assert done.xid is not None
    status = writer.status(done.xid)
    found = writer.look(place)
    if isinstance(found, Refusal):
        return None
    as_before = _is_print(store, done.id, "before_print", found)
    as_after = _is_as_after(store, done, found)
    verdict = settled(status, as_before=as_before, as_after=as_after)
    if verdict is Settlement.GOES_ON:
        return None
    if verdict is Settlement.APPLIED:
        return close_applied(store, done, now, {"settled_by": status or "the row itself"})
    if verdict is Settlement.NOTHING_DONE:
        return close_refused(store, done.id, _NOT_COMMITTED, now)
    text = f"It was cut off, and {_unclear(status, as_before=as_before, as_after=as_after)}."
    return close_failed(store, done.id, text, _difference(store, place, done, found, now), now)


def _unclear(status: str | None, *, as_before: bool, as_after: bool) -> str:
    """A server that was restored, or promoted without its last commits, says another thing."""
    if as_before or as_after:
        stands = "it was before" if as_before else "it should be after"
        return f"its transaction was {status}, but the row is as {stands}"
    return "the row is neither as it was before nor as it should be after"


def close_applied(
    store: Store, done: RemediationRow, now: datetime, body: dict[str, object]
) -> Applied:
    """Journal that it was applied, and tell its Conflict."""
    with recording(store) as line:
        if close(line, done.id, "applied", now, body=body):
            _mark_conflict(line.connection, done, now)
    return Applied(done.id, now)


def close_refused(store: Store, remediation_id: str, refusal: Refusal, now: datetime) -> Refused:
    """Journal that nothing was changed, and why."""
    body = {"difference": [str(one) for one in refusal.difference]}
    with recording(store) as line:
        close(line, remediation_id, "refused", now, code=refusal.code, said=refusal.text, body=body)
    return Refused(refusal, remediation_id)


def close_failed(
    store: Store,
    remediation_id: str,
    text: str,
    difference: tuple[Difference, ...],
    now: datetime,
) -> Failed:
    """Journal that a person must look; until then the row is closed to plans."""
    body = {"difference": [str(one) for one in difference]}
    with recording(store) as line:
        close(line, remediation_id, "failed", now, said=text, body=body)
    return Failed(remediation_id, text, difference)


def _mark_conflict(connection: Connection, done: RemediationRow, at: datetime) -> None:
    """Close the Conflict that was cured, or open it again when the cure was undone."""
    if done.undoes is None:
        by = f"{done.remedy} by {done.actor}"
        mark_unblocked(connection, done.conflict_id, by=by, at=at, reason=_cured(done, at))
    else:
        reason = f"The remedy was undone by {done.actor} at {at:%Y-%m-%d %H:%M:%S} UTC."
        mark_blocked_again(connection, done.conflict_id, at=at, reason=reason)


def _cured(done: RemediationRow, at: datetime) -> str:
    did = _DID[done.remedy]
    return f"Unblocked by us: {done.actor} {did} at {at:%Y-%m-%d %H:%M:%S} UTC; verified."


def _is_as_after(store: Store, done: RemediationRow, found: Row | None) -> bool:
    """Whether the row is as the plan leaves it: after a purge, not there."""
    if done.remedy == RemedyName.PURGE_ROW:
        return found is None
    return _is_print(store, done.id, "after_print", found)


def _is_print(store: Store, remediation_id: str, name: str, found: Row | None) -> bool:
    """Whether the row is the one whose fingerprint a line of the journal holds."""
    entries = list_entries(store, remediation_id=remediation_id)
    prints = [entry.body[name] for entry in entries if name in entry.body]
    return found is not None and row_print(store.vault, found) in prints


def _difference(
    store: Store, place: Place, done: RemediationRow, found: Row | None, now: datetime
) -> tuple[Difference, ...]:
    image = open_image(store, done.id, now)
    if image is None or image.after is None or found is None:
        return ()
    return differences(place.table, image.after, found)
