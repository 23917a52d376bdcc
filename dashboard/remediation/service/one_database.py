"""Do reader and writer lead to one database? What the one sees is what the other is to change."""

from __future__ import annotations

from collectors.postgres.snapshot import Snapshot
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.writer import WHICH_DATABASE

TWO = "Reader and writer are connected to different databases."
MEND = "Make read_dsn and write_dsn lead to the same one."

APART = Refusal(RefusalCode.NO_WRITER, f"{TWO} {MEND}")


def is_same(snapshot: Snapshot, written: tuple[str, str]) -> bool:
    """By its name and by when its server started; a standby starts at another time."""
    ((name, started),) = snapshot.rows(WHICH_DATABASE)
    return name == written[0] if snapshot.is_standby else (name, started) == written
