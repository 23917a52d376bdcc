"""How much one Run may read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Allowance:
    """So many Events that were not known before; whoever stores them counts them off.

    A sweep that finds it spent reads no further Event, lists what is left, and says so.
    """

    left: float = float("inf")

    @property
    def spent(self) -> bool:
        """Enough was read."""
        return self.left <= 0
