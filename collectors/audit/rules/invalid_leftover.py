"""What a CREATE INDEX CONCURRENTLY that failed, or a partition without its index, left behind.

An INVALID unique index serves no query and promises nothing, but it may still refuse inserts. It
says nothing while it is being built: the audit cannot tell, so its migration looks again.
"""

from __future__ import annotations

from collectors.audit.case import KeyCase, Ruling
from collectors.audit.standing import covering
from collectors.model import Blocks, Severity


def invalid_leftover(case: KeyCase) -> Ruling | None:
    """Point at an index that is not valid, and say what stands instead."""
    if case.key.valid:
        return None
    kept = covering(case.table, case.key, case.right)
    instead = (
        f"{kept.name} holds what it was meant to, so it can go."
        if kept
        else "No other key holds what it was meant to: live rows may repeat."
    )
    blocks = case.key.blocks is not Blocks.NOTHING
    still = " It may still refuse new rows, for deleted rows' sake too." if blocks else ""
    reason = f"The index is INVALID: a build of it failed or was never finished. {instead}{still}"
    return Ruling(reason, None if blocks else Severity.MEDIUM)
