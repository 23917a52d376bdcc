"""What the API should have answered instead: the contract, Failure by Failure."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.model import Operation, Verdict

_DONE: Mapping[Operation, str] = {
    Operation.CREATE: "201",
    Operation.UPDATE: "200",
    Operation.DELETE: "204",
    Operation.RESTORE: "200",
}


def proper_answer(verdict: Verdict, operation: Operation | None) -> str:
    """In a sentence, with the status first; "Not known" where the Verdict does not tell.

    >>> proper_answer(Verdict.BLOCKED_BY_TOMBSTONE, Operation.CREATE)
    '201: a deleted row should not hold the key.'
    """
    done = _DONE.get(operation or Operation.CREATE, "201")
    return {
        Verdict.BLOCKED_BY_TOMBSTONE: f"{done}: a deleted row should not hold the key.",
        Verdict.BLOCKED_BY_LEFTOVER: f"{done}: what belonged to a deleted row should be deleted.",
        Verdict.UNBLOCKED: f"{done}: a deleted row should not have held the key.",
        Verdict.LIVE_DUPLICATE: "409 or 422, with a reason that a program can read.",
        Verdict.CONCURRENT_CREATE: "409, with a reason that a program can read: another was first.",
        Verdict.HOLDER_GONE: f"Not known: {done} if a deleted row held the key, else 409 or 422.",
        Verdict.OTHER_FAILURE: "Not known: no unique key was violated.",
        Verdict.UNDECIDED: "Not known yet.",
    }[verdict]
