"""From a key that deleted rows hold to SQL and Alembic text that frees what they hold. Pure.

The same cure as the remedy `release-key`, for Tombstones that nobody has tried yet: NULL where the
index lets NULLs repeat, else a value that is unique to the row.
"""

from collectors.audit.backfill.draft import Freeing, freeing
from collectors.audit.backfill.words import backfill

__all__ = ["Freeing", "backfill", "freeing"]
