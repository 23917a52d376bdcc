"""The words of "Is it fixed?": what is known of a key, and what can be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class FixState(StrEnum):
    """What can be said of a unique key in one environment, worst first."""

    CAME_BACK = "came back"
    FAILING = "still failing"
    POSSIBLE = "no longer visible, still possible"
    UNSURE = "not enough to say"
    FIXED = "fixed"
    NO_DATA = "no data"


@dataclass(frozen=True, slots=True)
class Tries:
    """Re-creations of one UTC day.

    succeeded  None where the Target did not count that day
    released   Conflicts of the key that a Remedy of ours freed that day: room for as many of them
    """

    day: date
    succeeded: int | None
    failed: int
    released: int = 0


@dataclass(frozen=True, slots=True)
class CanaryLook:
    """The newest walk. `tries_table`: its addresses name the key's table, so it speaks of it."""

    color: str
    at: datetime
    tries_table: bool


@dataclass(frozen=True, slots=True)
class Live:
    """A release that is live in the environment since its deploy."""

    release: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """All that is known of one unique key in one environment; None: not known.

    failures       of this bug, ever; `first_day` and `last_failed` are theirs
    read_until     Failures up to then were read
    blocked_now    Conflicts that are blocked, as last asked
    finding        the rule of the audit's open Finding; None where `audited_at` found none
    mended_at      the first audit that no longer found it
    exposure       Tombstones that hold the key, as counted `exposed_at`; not `exposure_exact`: as
                   estimated, or from a sample, in which none is not none
    tries          Re-creations by day, in order; succeeded ones as counted `counted_at`
    live           the release that is live now
    first_bad      the first release that failed, since it last came back if it did
    """

    environment: str
    table: str
    constraint: str
    failures: int
    first_day: date | None = None
    last_failed: datetime | None = None
    read_until: datetime | None = None
    blocked_now: int = 0
    finding: str | None = None
    audited_at: datetime | None = None
    mended_at: datetime | None = None
    exposure: int | None = None
    exposed_at: datetime | None = None
    tries: Sequence[Tries] = ()
    counted_at: datetime | None = None
    canary: CanaryLook | None = None
    live: Live | None = None
    first_bad: str | None = None
    exposure_exact: bool = True

    @property
    def held_since_audit(self) -> bool:
        """Rows were counted to hold it after an audit had found nothing wrong: it is undone."""
        if not self.exposure or self.exposed_at is None or self.audited_at is None:
            return False
        return self.exposed_at > self.audited_at


@dataclass(frozen=True, slots=True)
class RestsOn:
    """What "fixed" rests on, and how many of the next Re-creations may fail all the same (95%).

    at_most_failing  of several `keys`, under the one that was tried least
    release          the one that is live now
    earlier          Re-creations that succeeded before that went live
    """

    recreations: int
    at_most_failing: float
    release: str | None
    canary_at: datetime | None
    earlier: int = 0
    keys: int = 1


@dataclass(frozen=True, slots=True)
class FixVerdict:
    """What is said of a key, why, and what is missing to say more."""

    state: FixState
    reasons: tuple[str, ...]
    missing: tuple[str, ...] = ()
    rests_on: RestsOn | None = None
    back_on: date | None = None
