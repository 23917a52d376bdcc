"""What a deletion left behind: live children, keys still held, keys of rows that were erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from collectors.model.surveys import Counting


class LeftoverKind(StrEnum):
    """How a deletion was not whole.

    LIVE_CHILD  a live row refers to a Tombstone: an active subscription of a deleted customer
    HELD_KEY    a Tombstone holds a key that somebody could ask for again
    ERASED      a row that was erased or anonymized, maybe without being marked, holds another key
    """

    LIVE_CHILD = "live_child"
    HELD_KEY = "held_key"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class LeftoverSample:
    """One such row; its `values` under the key are in clear, and only ever stored as masks.

    An erased row has none. `since` is when it, or its parent, was deleted.
    """

    row_id: str
    since: datetime | None
    values: Sequence[str | None] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Leftover:
    """All such rows of one foreign key or one unique key.

    table    the label of the table whose rows are counted
    name     of the foreign key or unique key
    rows     None where nobody could count them: `said` says why
    oldest   the earliest deletion among them, None where no time is known
    growth   by UTC day of deletion, of the days that were asked about: those there now
    samples  the oldest few
    sampled  the share of the rows that was read, None for all
    """

    kind: LeftoverKind
    table: str
    name: str
    rows: int | None = None
    oldest: datetime | None = None
    growth: Sequence[tuple[date, int]] = ()
    samples: Sequence[LeftoverSample] = ()
    sampled: float | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True)
class TableLeftovers:
    """Everything that the deletions of one table left behind, and how it was counted."""

    target: str
    schema: str
    table: str
    how: Counting
    leftovers: Sequence[Leftover]
