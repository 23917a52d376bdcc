"""What must hold if every deletion and creation is whole, and whether it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from collectors.model.leftovers import LeftoverSample
from collectors.model.prevention import Severity


class InvariantState(StrEnum):
    """How an Invariant stands in a Target.

    LACKING  it names a table or column that the Target does not have: it says nothing there
    SLOW     it did not end within its time
    FAILED   it could not be read or asked
    """

    BROKEN = "broken"
    HOLDS = "holds"
    SLOW = "slow"
    FAILED = "failed"
    LACKING = "lacking"


@dataclass(frozen=True, slots=True)
class Invariant:
    """One reviewed file. `about` is the label of the table whose rows the SELECT lists."""

    name: str
    title: str
    reason: str
    severity: Severity
    about: str | None
    sql: str


@dataclass(frozen=True, slots=True)
class CheckedInvariant:
    """How it stood in one Target when it was asked; `rows` None where nobody could tell."""

    invariant: Invariant
    target: str
    as_of: datetime
    state: InvariantState
    rows: int | None = None
    oldest: datetime | None = None
    samples: Sequence[LeftoverSample] = ()
    said: str | None = None
