"""What was meant, what was done, and by whom: kept so that neither can be denied.

chain.py   the AuditEntries, append-only and hash-chained, and the check that they still are
ledger.py  where each remediation stands, and who has which row in hand
images.py  the sealed BeforeImages, and the rows that Previews saw

All three are written in one transaction of our own store, or none is.
"""

from __future__ import annotations

from dashboard.remediation.journal.chain import (
    ChainReport,
    Kind,
    Line,
    Recording,
    recording,
    verify,
)

__all__ = ["ChainReport", "Kind", "Line", "Recording", "recording", "verify"]
