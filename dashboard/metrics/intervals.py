"""How sure is a share, a rate, a silence? Exact intervals, at 95% unless told otherwise.

`scipy.special` and not `scipy.stats`: the same numbers for a tenth of the import.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from scipy.special import betaincinv, gammaincinv

CONFIDENCE = 0.95
UNLIKELY = 1 - CONFIDENCE
"""Below this, luck alone is no explanation."""


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, both included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`, as a binomial proportion."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> Interval:
        """Clopper and Pearson's: never narrower than it claims, also for 0 and for all."""
        return proportion(self.part, self.whole)


@dataclass(frozen=True, slots=True)
class Rate:
    """`events` per unit of `exposure` (days, creates), as a Poisson rate."""

    events: int
    exposure: float

    @property
    def value(self) -> float | None:
        """None where nothing was exposed."""
        return self.events / self.exposure if self.exposure else None

    @property
    def interval(self) -> Interval | None:
        """Garwood's exact one."""
        if not self.exposure:
            return None
        counted = count_interval(self.events)
        return Interval(counted.low / self.exposure, counted.high / self.exposure)


def proportion(part: int, whole: int) -> Interval:
    """Clopper and Pearson's interval of a binomial share; all of 0 to 1 where nothing was tried."""
    tail = UNLIKELY / 2
    low = float(betaincinv(part, whole - part + 1, tail)) if part else 0.0
    high = float(betaincinv(part + 1, whole - part, 1 - tail)) if part < whole else 1.0
    return Interval(low, high)


def count_interval(events: int) -> Interval:
    """Garwood's interval of the mean that a Poisson count is drawn from."""
    tail = UNLIKELY / 2
    low = float(gammaincinv(events, tail)) if events else 0.0
    return Interval(low, float(gammaincinv(events + 1, 1 - tail)))


def at_most_failing(tries: int) -> float:
    """The largest share of failures under which `tries` successes in a row are no wonder.

    The rule of three (about 3 / tries), exactly.

    >>> round(at_most_failing(100), 3), at_most_failing(0)
    (0.03, 1.0)
    """
    return 1.0 - UNLIKELY ** (1 / tries) if tries else 1.0


def chance_of_no_failure(share_failing: float, tries: int) -> float:
    """How likely `tries` successes in a row are if that share fails."""
    return float((1 - share_failing) ** tries)


def chance_of_silence(rate: float, days: float) -> float:
    """How likely no event at all is in so many days, at so many a day."""
    return exp(-rate * max(days, 0.0))
