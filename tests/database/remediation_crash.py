"""Processes that apply an approved plan and are killed on the way.

`python -m tests.database.remediation_crash` reads one JSON object a line, gives each to a process
of its own (a fork, so that imports are paid once), and answers with the signal that ended it,
or with its exit code.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from collectors.evidence.database import open_store
from collectors.postgres.engine import ReadTarget
from dashboard.access import Actor, Role
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Step
from dashboard.remediation.service import Approval, Remediation
from dashboard.settings import WriteSettings


def die_before_statement(number: int) -> None:
    """A tripwire under both databases' drivers: the process ends before its n-th statement.

    Every COMMIT counts, so whatever stands between two statements is a boundary of its own.
    """
    statements = itertools.count(1)

    def tripped(*_: Any) -> None:
        if next(statements) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(called: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            tripped()
            return called(*arguments, **named)

        return call

    event.listen(Engine, "before_cursor_execute", tripped)
    event.listen(Engine, "commit", tripped)
    setattr(psycopg.Cursor, "execute", before(psycopg.Cursor.execute))  # noqa: B010
    setattr(psycopg.Connection, "commit", before(psycopg.Connection.commit))  # noqa: B010


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
    if "statement" in facts:
        die_before_statement(facts["statement"])
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
        sys.stdout.write(f"{os.WTERMSIG(status) or os.WEXITSTATUS(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
