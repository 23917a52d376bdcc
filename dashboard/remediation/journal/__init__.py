"""What was meant, what was done, and by whom: kept so that neither can be denied.

chain.py   the AuditEntries, append-only and hash-chained, and the check that they still are
orders.py  an approved plan, and what is written down of it
ledger.py  where each remediation stands, and who has which row in hand
images.py  the sealed BeforeImages, and the rows that Previews saw
bulks.py   where each bulk and its batches stand; `written.py` what becomes of their rows
owner.py   which process has something in hand, and whether it is known to have ended
tampering.py  what must agree with the chain beside it: intents, images; `agreeing.py` the ledger,
           `agreeing_bulks.py` the bulks
forgetting.py  a person's images, previews and waiting plans, found and destroyed

They are written in one transaction of our own store, or none is.
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
