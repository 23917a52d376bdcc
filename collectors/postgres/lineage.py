"""Which line of history a Target is on: to restore it or to promote its server begins another."""

from __future__ import annotations

from collectors.postgres.outage import StatementFailed
from collectors.postgres.snapshot import Snapshot

_LINEAGE = """
SELECT (pg_control_system()).system_identifier::text, (pg_control_checkpoint()).timeline_id,
       (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
"""
"""Not everybody who hosts a server lets it be asked."""


def lineage(snapshot: Snapshot) -> str | None:
    """Its cluster, timeline and database, None where that is not told.

    A dump that is loaded into the very same database stays on it, and is not noticed.
    """
    try:
        (((cluster, timeline, database),),) = snapshot.attempt_each((_LINEAGE,))
    except StatementFailed:
        return None
    return f"{cluster}/{timeline}/{database}"
