"""Do reader and writer lead to one database? What the one sees is what the other is to change."""

from __future__ import annotations

from collectors.postgres.outage import StatementFailed
from collectors.postgres.snapshot import Snapshot
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.writer import WHICH_CLUSTER, WHICH_DATABASE, Which

TWO = "Reader and writer are connected to different databases."
MEND = "Make read_dsn and write_dsn lead to the same one."

APART = Refusal(RefusalCode.NO_WRITER, f"{TWO} {MEND}")


def is_same(snapshot: Snapshot, written: Which) -> bool:
    """By its name and by when its server started.

    A standby starts at another time: it is known by its cluster, where both let that be asked.
    """
    ((name, started),) = snapshot.rows(WHICH_DATABASE)
    if not snapshot.is_standby:
        return (name, started) == written[:2]
    told = {_cluster(snapshot), written[2]} - {None}
    return name == written[0] and len(told) <= 1


def _cluster(snapshot: Snapshot) -> str | None:
    try:
        (((cluster,),),) = snapshot.attempt_each((WHICH_CLUSTER,))
    except StatementFailed:
        return None
    return str(cluster)
