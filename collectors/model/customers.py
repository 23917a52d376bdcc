"""Customers who were hit: how it ended for them, and what we know of the time it took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SILENCE = timedelta(days=14)
"""Whoever has not tried for so long has given up; before, nobody can tell. `conflicts.outcome` is
computed with the same length."""

TRIES = {1: "1", 2: "2", 3: "3–5", 6: "6–10", 11: "11–20", 21: "21 or more"}
"""The classes of `conflicts.tries`, by their least number."""


class Ending(StrEnum):
    """What freed a customer's key: a Remedy of ours, or anything else."""

    REMEDY = "remedy"
    THEMSELVES = "themselves"


class Outcome(StrEnum):
    """How it ended for a customer.

    GOT_THROUGH  the key was freed while they were trying, or less than SILENCE after
    GAVE_UP      they had not tried for SILENCE when it was freed, or have not until now
    TOO_EARLY    still kept out, and tried less than SILENCE ago
    NOT_KNOWN    free when we looked first: nobody knows since when
    """

    GOT_THROUGH = "got_through"
    GAVE_UP = "gave_up"
    TOO_EARLY = "too_early"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True, slots=True)
class DayOfCustomers:
    """A UTC day: how many failed for the first time, and how many were freed."""

    day: datetime
    began: int
    ended: int


@dataclass(frozen=True, slots=True)
class Covered:
    """Every Failure `since` then, up to `until`; None: nothing was read yet.

    missing  Events that a server counted and no longer holds, so that numbers are at least
    """

    since: datetime | None
    until: datetime | None
    missing: int = 0
