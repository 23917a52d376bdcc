"""Many releases under one Approval: chosen, previewed as a whole, written batch by batch.

choosing.py  the Conflicts, or what an earlier bulk has written, as rows
planning.py  every plan made, and kept under one digest
rehearsing.py  the batches run for real and rolled back, and what is kept sealed of each
lines.py     what of it is stored beside the batches
running.py   the batches, two at a time, paced, stopped by too many refusals: `tally.py` counts
settling.py  the batches whose end nobody saw
standing.py  whether one can be begun or gone on with, and whose hands it is in
door.py      what may be asked, and by whom
values.py    what is handed in and out
"""

from __future__ import annotations

from dashboard.remediation.service.bulk.door import Bulk
from dashboard.remediation.service.bulk.values import (
    BulkEnded,
    BulkPreview,
    BulkRefused,
    Chosen,
    Excepted,
    Progress,
)

__all__ = [
    "Bulk",
    "BulkEnded",
    "BulkPreview",
    "BulkRefused",
    "Chosen",
    "Excepted",
    "Progress",
]
