"""Which line of history a Target's server is on: to restore or to promote it begins another."""

from __future__ import annotations

from collectors.postgres.outage import StatementFailed
from collectors.postgres.snapshot import Snapshot

_LINEAGE = """
SELECT (pg_control_system()).system_identifier::text, (pg_control_checkpoint()).timeline_id
"""
"""Not everybody who hosts a server lets it be asked."""


def lineage(snapshot: Snapshot) -> str | None:
    """Its cluster and timeline, None where that is not told.

    A dump that is loaded into the same cluster stays on it, and is not noticed.
    """
    try:
        (((cluster, timeline),),) = snapshot.attempt_each((_LINEAGE,))
    except StatementFailed:
        return None
    return f"{cluster}/{timeline}"
