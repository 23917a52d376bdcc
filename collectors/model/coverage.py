"""How much of what a server holds was read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collectors.model.counted import counted


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was read of one project, the newest first.

    read          Events that were read
    total         Events that the server counts; None where it does not tell
    covered_from  every Event since then was read; None: all that the server holds
    missing       Events that the server counts and holds no more: retention, sampling or a quota
                  took them, so every count is "at least"
    """

    project: str
    read: int
    total: int | None = None
    covered_from: datetime | None = None
    missing: int = 0

    @property
    def complete(self) -> bool:
        """Nothing was left for the next Run."""
        return self.covered_from is None

    def sentence(self) -> str:
        """How much was read, for people."""
        if self.total is not None and not self.complete:
            whole = counted(self.total, "Event")
            return f"Read {self.read:,} of {whole}, the newest; the next run goes on."
        if not self.complete:
            some = counted(self.read, "Event")
            return f"Read {some}, the newest; there are more, the next run goes on."
        if self.missing:
            return (
                f"The server counts {counted(self.total or 0, 'Event')} and holds "
                f"{self.read:,} of them: numbers are at least."
            )
        if self.read == 1:
            return "Read the one Event that the server holds."
        return f"Read all {self.read:,} Events that the server holds."
