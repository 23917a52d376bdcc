"""Verdicts, confidences, operations: the closed lists that everything is said in."""

from __future__ import annotations

from enum import StrEnum

KeyValues = tuple[str | None, ...]
"""One value for each key expression, as PostgreSQL prints it; None where it printed `null`."""

KeyName = tuple[str, str, str]
"""What names a UniqueKey in one Target: its schema, its table, and the constraint or index."""


class Verdict(StrEnum):
    """What the database says of a Failure."""

    BLOCKED_BY_TOMBSTONE = "BLOCKED_BY_TOMBSTONE"
    BLOCKED_BY_LEFTOVER = "BLOCKED_BY_LEFTOVER"
    UNBLOCKED = "UNBLOCKED"
    LIVE_DUPLICATE = "LIVE_DUPLICATE"
    CONCURRENT_CREATE = "CONCURRENT_CREATE"
    HOLDER_GONE = "HOLDER_GONE"
    OTHER_FAILURE = "OTHER_FAILURE"
    UNDECIDED = "UNDECIDED"

    @property
    def is_blocked(self) -> bool:
        """Somebody is kept out right now, and it is our bug."""
        return self in (Verdict.BLOCKED_BY_TOMBSTONE, Verdict.BLOCKED_BY_LEFTOVER)

    @property
    def may_change(self) -> bool:
        """A later look at the Target could say something else, so every Run asks again."""
        return self.is_blocked or self is Verdict.UNDECIDED


BLOCKED_VERDICTS = tuple(verdict for verdict in Verdict if verdict.is_blocked)

OF_THIS_BUG = (*BLOCKED_VERDICTS, Verdict.UNBLOCKED)
"""The Verdicts that blame this bug: somebody is kept out by it, or was."""


class Confidence(StrEnum):
    """How sure a Verdict is; always given together with its reasons."""

    CERTAIN = "CERTAIN"
    LIKELY = "LIKELY"
    WEAK = "WEAK"

    def at_most(self, ceiling: Confidence) -> Confidence:
        """The weaker of the two.

        >>> Confidence.CERTAIN.at_most(Confidence.LIKELY)
        <Confidence.LIKELY: 'LIKELY'>
        """
        order = list(Confidence)
        return max(self, ceiling, key=order.index)


class Operation(StrEnum):
    """What the failed request was trying to do to a row."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RESTORE = "restore"


class ValueSource(StrEnum):
    """Where in the Event the KeyValues stood, best first."""

    DETAIL = "the database's own DETAIL"
    MESSAGE = "the database's DETAIL as the application retells it"
    PARAMETERS = "the SQL parameters"
    FRAME = "the variables of a stack frame"
    REQUEST = "the request body"
    ATTACHED = "what was attached to the event"
    LOOK_UP = "what somebody asked for"
