"""How long are customers kept out, and what ended it?

Kaplan and Meier's estimate: whoever is still kept out counts for as long as we have seen it, and is
no "infinitely long" and no "zero". What ended it are two causes that compete, so each has its
cumulative incidence (Aalen and Johansen); with those still kept out they come to one at any time.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import CensoredData, ecdf

from collectors.model.customers import Ending

CONFIDENCE = 0.95
FEW = 5
"""Fewer customers than this have no curve: a single one would turn it."""

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kept:
    """So many customers were kept out for so many hours; `ending` None: they still are."""

    hours: float
    ending: Ending | None
    customers: int


@dataclass(frozen=True, slots=True)
class Median:
    """Hours after which half are free, and its interval; None: not reached while we looked."""

    hours: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """The shares after so many hours: still kept out, with its interval, and freed by what."""

    hours: float
    kept_out: float
    low: float
    high: float
    remedy: float
    themselves: float


@dataclass(frozen=True, slots=True)
class Survival:
    """The curve; `freed` and `censored` are the customers that it rests on."""

    points: tuple[Point, ...]
    median: Median
    freed: dict[Ending, int]
    censored: int

    @property
    def customers(self) -> int:
        """All of them."""
        return self.censored + sum(self.freed.values())


def survival(kept: Sequence[Kept]) -> Survival | None:
    """The estimate; None where there are too few to say anything."""
    if sum(one.customers for one in kept) < FEW:
        return None
    freed = {one: _repeated(kept, one) for one in (Ending.REMEDY, Ending.THEMSELVES)}
    censored = _repeated(kept, None)
    ended = np.concatenate(list(freed.values()))
    fitted = ecdf(CensoredData(uncensored=ended, right=censored)).sf
    times: Floats = np.asarray(fitted.quantiles, dtype=float)
    kept_out: Floats = np.asarray(fitted.probabilities, dtype=float)
    low, high = _band(fitted, kept_out)
    causes = [_incidence(times, kept_out, one, ended, censored) for one in freed.values()]
    rows = zip(times, kept_out, low, high, *causes, strict=True)
    start = () if len(times) and times[0] == 0 else (Point(0, 1, 1, 1, 0, 0),)
    return Survival(
        points=(*start, *(Point(*map(float, row)) for row in rows)),
        median=Median(_first(times, kept_out), _first(times, low), _first(times, high)),
        freed={one: len(hours) for one, hours in freed.items()},
        censored=len(censored),
    )


def thinned(points: Sequence[Point], most: int) -> list[Point]:
    """At most so many of them, evenly spread in time, the first and the last among them."""
    if len(points) <= most:
        return list(points)
    hours = [point.hours for point in points]
    grid = np.linspace(hours[0], hours[-1], most)
    places = np.unique(np.searchsorted(hours, grid, side="right") - 1)
    return [points[int(place)] for place in places]


def _repeated(kept: Sequence[Kept], ending: Ending | None) -> Floats:
    mine = [one for one in kept if one.ending is ending]
    hours = [one.hours for one in mine]
    found: Floats = np.repeat(np.asarray(hours, dtype=float), [one.customers for one in mine])
    return found


def _band(fitted: Any, kept_out: Floats) -> tuple[Floats, Floats]:
    """The interval at each time.

    Before the first is free it is one; at zero it has no formula, and stays as wide as it was.
    """
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # what it has no formula for, we fill in
        band = fitted.confidence_interval(confidence_level=CONFIDENCE, method="log-log")
    low = np.asarray(band.low.probabilities, dtype=float).copy()
    high = np.asarray(band.high.probabilities, dtype=float).copy()
    low[kept_out >= 1], high[kept_out >= 1] = 1, 1
    low[np.isnan(low)] = 0
    for place in np.flatnonzero(np.isnan(high)):
        high[place] = high[place - 1] if place else 1
    return low, high


def _incidence(
    times: Floats, kept_out: Floats, mine: Floats, ended: Floats, censored: Floats
) -> Floats:
    everyone = np.sort(np.concatenate([ended, censored]))
    at_risk = len(everyone) - np.searchsorted(everyone, times, side="left")
    own = np.sort(mine)
    mine_then = np.searchsorted(own, times, "right") - np.searchsorted(own, times, "left")
    before = np.concatenate([[1.0], kept_out[:-1]])
    found: Floats = np.cumsum(before * mine_then / at_risk)
    return found


def _first(times: Floats, shares: Floats) -> float | None:
    """When the share is down to a half."""
    places = np.flatnonzero(shares <= 0.5 + 1e-12)
    return float(times[places[0]]) if len(places) else None
