"""How a remediation ends: Applied, Refused with a reason, or Failed with what must be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RefusalCode(StrEnum):
    """Why a plan may not run."""

    # of the Conflict and the catalog
    UNKNOWN_CONFLICT = "unknown-conflict"
    NOT_SURE_ENOUGH = "not-sure-enough"
    KEY_MENDED = "key-mended"
    NO_PRIMARY_KEY = "no-primary-key"
    USER_TRIGGERS = "user-triggers"
    NOTHING_TO_CHANGE = "nothing-to-change"
    NULLS_NOT_FREE = "nulls-not-free"
    # of the row as it is now
    ROW_GONE = "row-gone"
    NOT_A_TOMBSTONE = "not-a-tombstone"
    KEY_NOT_HELD = "key-not-held"
    ERASED = "erased"
    ROW_CHOSEN_TWICE = "row-chosen-twice"
    CHANGED_SINCE_PREVIEW = "changed-since-preview"
    COLLIDES = "collides"
    VALUE_TAKEN = "value-taken"
    RECREATED = "re-created"
    REFERENCED = "referenced"
    # of whoever asks, and of what the settings allow
    NO_WRITER = "no-writer"
    ROLE_MAY_NOT = "role-may-not"
    FORBIDDEN = "forbidden"
    NOT_IN_BULK = "not-in-bulk"
    TOO_MANY = "too-many"
    REASON_MISSING = "reason-missing"
    PERSONAL_DATA = "personal-data"
    # of what was done before
    NOT_PREVIEWED = "not-previewed"
    ALREADY_DONE = "already-done"
    BEING_DONE = "being-done"
    NEEDS_A_LOOK = "needs-a-look"
    NOTHING_TO_UNDO = "nothing-to-undo"
    # of the database's own
    LOCKED = "locked"
    TIMED_OUT = "timed-out"
    WRITER_MAY_NOT = "writer-may-not"
    DATABASE_REFUSED = "database-refused"
    UNREACHABLE = "unreachable"
    INTERRUPTED = "interrupted"


class Step(StrEnum):
    """How far an approved plan has come; each is announced once it is done."""

    INTENT = "the intent is journalled"
    LOCKED = "the row is locked"
    CHECKED = "the row is as it was approved"
    WRITTEN = "the change is made"
    COMMITTING = "the transaction's id is journalled"
    COMMITTED = "the change is committed"
    VERIFIED = "the row was read again"
    OUTCOME = "the outcome is journalled"


@dataclass(frozen=True, slots=True)
class Difference:
    """One column that is not as it was seen; both texts are masked."""

    column: str
    seen: str
    found: str

    def __str__(self) -> str:
        if self.seen == self.found:
            return f"{self.column} has changed"
        return f"{self.column}: {self.seen} → {self.found}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing was written, and why. `text` is a sentence without customer data."""

    code: RefusalCode
    text: str
    difference: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """The plan was committed and verified on the writer's own connection."""

    remediation_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed. `remediation_id` is None where it was refused before it began."""

    refusal: Refusal
    remediation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """It may have been written, and the row is not what the plan promised: a person must look.

    settles  how it ended is not known yet, or not written down: that is found out without anybody
    """

    remediation_id: str
    text: str
    difference: tuple[Difference, ...] = ()
    settles: bool = False


Outcome = Applied | Refused | Failed
