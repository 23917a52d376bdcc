"""Better or worse than before? Whole days against as many whole days, and only if both were read.

Today is not over, so it is in neither. A period that we did not read is no zero: it has no number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from collectors.model.counted import counted
from collectors.model.customers import Covered

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to `end`, which is left out; both are UTC midnights."""

    start: datetime
    end: datetime

    @property
    def days(self) -> int:
        """Its length."""
        return (self.end - self.start) // DAY

    def words(self) -> str:
        """Its first and last day."""
        return f"{self.start:%Y-%m-%d} to {self.end - DAY:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The whole days of a period, and as many before.

    `before` is None where they were not all read, and `why` says so.
    """

    now: Span
    before: Span | None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A number of the period, and of the one before; None: not known."""

    now: int
    before: int | None

    @property
    def difference(self) -> int | None:
        """By how much it grew."""
        return None if self.before is None else self.now - self.before


def comparison(since: datetime | None, covered: Covered, now: datetime) -> Comparison | str:
    """What a period that begins at `since` is compared with; or, in a sentence, why with nothing.

    A period is one of whole days if it begins at a UTC midnight.
    """
    today = midnight(now)
    if since is None:
        return "Nothing to compare all of time with: choose a period of several days."
    if since != midnight(since) or since >= today:
        return "Only whole days are compared: choose a period of several days."
    current = Span(since, today)
    before = Span(since - (today - since), since)
    if covered.since is None or covered.until is None:
        return "Nothing has been read yet."
    if covered.since > current.start:
        return (
            f"No comparison: Failures were read only from {_day(covered.since)} on, which is "
            "within the period. Choose a shorter one."
        )
    if covered.until < current.end:
        return f"Failures were last read on {_day(covered.until)}: whole days are missing since."
    if covered.since > before.start:
        return Comparison(current, None, _not_covered(before, covered.since))
    return Comparison(current, before)


def midnight(moment: datetime) -> datetime:
    """Where its UTC day begins."""
    return datetime.combine(moment.astimezone(UTC).date(), time.min, UTC)


def _not_covered(before: Span, since: datetime) -> str:
    return (
        f"The {counted(before.days, 'day')} before ({before.words()}) were not read in full: "
        f"Failures were read from {_day(since)} on."
    )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
