"""Do reader and writer lead to one database? What the one sees is what the other is to change."""

from __future__ import annotations

from collectors.postgres.outage import StatementFailed
from collectors.postgres.snapshot import Snapshot
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.writer import WHICH_CLUSTER, BatchWriter, Which, Writer

TWO = "Reader and writer are connected to different databases."
MEND = "Make read_dsn and write_dsn lead to the same one."

APART = Refusal(RefusalCode.NO_WRITER, f"{TWO} {MEND}")


def apart(snapshot: Snapshot, writer: Writer | BatchWriter) -> Refusal | None:
    """Why nothing is previewed, written or settled through this writer. Raises TargetUnreachable.

    A Preview may be older than the settings: what is approved, too, is only written where it was
    seen, and the end of a transaction only asked of the server that had it.
    """
    written = writer.which_database(and_cluster=snapshot.is_standby)
    return None if is_same(snapshot, written) else APART


def is_same(snapshot: Snapshot, written: Which) -> bool:
    """By its name and by when its server started.

    A standby starts at another time: it is known by its cluster, where both let that be asked.
    """
    if not snapshot.is_standby:
        return snapshot.where == written[:2]
    told = {_cluster(snapshot), written[2]} - {None}
    return snapshot.where[0] == written[0] and len(told) <= 1


def _cluster(snapshot: Snapshot) -> str | None:
    try:
        (((cluster,),),) = snapshot.attempt_each((WHICH_CLUSTER,))
    except StatementFailed:
        return None
    return str(cluster)
