"""Processes that apply an approved plan and are killed on the way.

`python -m tests.database.remediation_crash` reads one JSON object a line, gives each to a process
of its own (a fork, so that imports are paid once), and answers with the signal that ended it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

from collectors.evidence.database import open_store
from collectors.postgres.engine import ReadTarget
from dashboard.access import Actor, Role
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Step
from dashboard.remediation.service import Approval, Remediation
from dashboard.settings import WriteSettings


def apply(facts: dict[str, Any]) -> None:
    """Apply a plan or a bulk, or undo a remediation, until the step at which the process dies."""

    def die(step: Step) -> None:
        if step == facts["step"]:
            os.kill(os.getpid(), signal.SIGKILL)

    store = open_store(facts["store_url"], facts["secret"])
    readers = {"production": ReadTarget("production", facts["read_dsn"])}
    settings = WriteSettings.model_validate(facts["settings"])

    def die_in_bulk(step: str, batch: int) -> None:
        if [step, batch] == facts.get("bulk"):
            os.kill(os.getpid(), signal.SIGKILL)

    door = Remediation(store, readers, settings, announce=die, announce_batch=die_in_bulk)
    approval = Approval(Actor("erin", Role.ENGINEER, verified=True), facts["digest"], "ticket")
    if "bulk" in facts:
        door.bulk.apply(approval)
    elif facts["undoes"]:
        door.undo(facts["undoes"], approval)
    else:
        door.apply(facts["conflict"], RemedyName(facts["remedy"]), approval)


def main() -> None:
    """One process a line, one line an end."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            apply(json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.WTERMSIG(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
