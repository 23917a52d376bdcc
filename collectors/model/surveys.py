"""What is counted in a Target: Exposure, Re-creations, creates, and what depends on a Tombstone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple


class Topic(StrEnum):
    """What a table is asked; each answer has its own Snapshot and may fail by itself."""

    EXPOSURE = "exposure"
    CREATES = "creates"
    RECREATIONS = "recreations"
    DEPENDENTS = "dependents"
    PAYMENTS = "payments"
    LEFTOVERS = "leftovers"


@dataclass(frozen=True, slots=True)
class Counting:
    """How numbers were come by: without this beside them they would say too much.

    as_of            the Snapshot's time
    covers_from      where days are counted, the first day that is complete
    sampled          the share of the rows that was read (0 to 1); None for all of them
    estimated        taken from the planner's statistics, without reading a row
    by_organization  the numbers are told for each organization, not only as a whole
    notes            sentences about what the numbers leave out
    """

    as_of: datetime
    covers_from: datetime | None = None
    sampled: float | None = None
    estimated: bool = False
    by_organization: bool = False
    notes: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Every row was counted."""
        return self.sampled is None and not self.estimated


class ExposureCount(NamedTuple):
    """Tombstones of one organization that hold one UniqueKey against a create.

    A tuple, because one count of a large table makes thousands of them.

    constraint       None: any key that could be asked for again, each row once
    organization_id  None: the whole table
    oldest           the earliest deletion among them; None where no time is known
    askable          whether the key's values are such that somebody could ask for them again
    """

    constraint: str | None
    organization_id: str | None
    tombstones: int
    oldest: datetime | None = None
    askable: bool = True


@dataclass(frozen=True, slots=True)
class DayCount:
    """A number of one UTC day and one organization (None where it is not known).

    `constraint` is None for creates, and for Re-creations under any key.
    """

    day: date
    organization_id: str | None
    count: int
    constraint: str | None = None


@dataclass(frozen=True, slots=True)
class Dependents:
    """How many rows of another table refer to a Tombstone; `live` is None where nothing tells."""

    row_id: str
    table: str
    rows: int
    live: int | None


@dataclass(frozen=True, slots=True)
class Payment:
    """What was paid through a row in one currency ('' if unknown), in its smallest unit."""

    row_id: str
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class TableCounts:
    """The answer of one table to one Topic; only that Topic's numbers are filled."""

    target: str
    schema: str
    table: str
    topic: Topic
    how: Counting
    exposures: Sequence[ExposureCount] = ()
    days: Sequence[DayCount] = ()
