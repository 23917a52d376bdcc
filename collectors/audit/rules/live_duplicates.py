"""Live rows that share values already: the stricter key cannot be built over them."""

from __future__ import annotations

from collectors.audit.case import KeyCase, Ruling
from collectors.model import Severity
from collectors.model.counted import counted


def live_duplicates(case: KeyCase) -> Ruling | None:
    """Say how many values must be settled before the migration can pass."""
    found = case.facts.live_duplicates
    if not found:
        return None
    reason = (
        f"{counted(found, 'value is', 'values are')} held by more than one live row: "
        "a key that keeps live rows unique cannot be built until somebody has decided which of "
        "them stays."
    )
    return Ruling(reason, Severity.HIGH)
