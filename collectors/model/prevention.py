"""What the schema audit says: where soft deletion and uniqueness disagree, and the way out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a KeyFinding is, worst first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    def at_least(self, other: Severity) -> bool:
        """It is as bad as the other, or worse."""
        order = list(Severity)
        return order.index(self) <= order.index(other)


@dataclass(frozen=True, slots=True)
class Migration:
    """One way out, in two spellings. Nothing here ever runs it."""

    sql: str
    alembic: str


@dataclass(frozen=True, slots=True)
class KeyFinding:
    """A Finding about one UniqueKey of one Target.

    table         as `Table.label` has it
    constraint    the key's name, not quoted
    exposed_rows  Tombstones that hold the key now, None where nobody could count them
    failures      Failures seen on the key, None without a store
    migration     None where the schema alone cannot mend it: the reason says why
    backfill      frees what Tombstones hold of it now; None where no column can be given up
    """

    table: str
    constraint: str
    rule: str
    severity: Severity
    reason: str
    exposed_rows: int | None = None
    failures: int | None = None
    migration: Migration | None = None
    backfill: Migration | None = None

    @property
    def identity(self) -> tuple[str, str, str]:
        """What stays the same from one audit to the next."""
        return self.table, self.constraint, self.rule
