"""`collect` and `follow`: one Run, or one after another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import DatabaseError

from collectors import telemetry
from collectors.errors import Unreachable, UsageError
from collectors.evidence.lease import collecting
from collectors.evidence.sqlite import sqlite_file
from collectors.evidence.trouble import store_trouble
from collectors.pipeline import RunSummary, run
from dashboard.commands.opening import our_settings, our_store
from dashboard.output import print_json, say, working

SHORTEST, LONGEST = timedelta(seconds=1), timedelta(days=365)
"""Between two Runs: without a pause Sentry and the Targets would be asked all the time."""


def collect_once(
    environment: str | None, paths: Sequence[str], since: datetime | None, *, full: bool
) -> RunSummary:
    """One Run, with a progress line on a terminal."""
    settings, store = our_settings(), our_store()
    with (
        collecting(sqlite_file(settings.store_url)),
        telemetry.checked_in(),
        working("Reading Sentry…") as progress,
    ):
        return run(
            settings,
            store,
            environment=environment,
            paths=paths,
            since=since,
            full=full,
            progress=progress,
        )


def show(summary: RunSummary, *, as_json: bool) -> None:
    """The result on stdout, the summary for people on stderr."""
    if as_json:
        print_json(
            {
                "read": summary.read,
                "stored": summary.stored,
                "by_verdict": {str(verdict): n for verdict, n in summary.by_verdict.items()},
                "unreachable": list(summary.unreachable),
            }
        )
    for line in summary.sentences():
        say(line)


def follow(environment: str | None, every: timedelta) -> int:
    """Run after Run until interrupted; what cannot be reached is said and tried again."""
    if not SHORTEST <= every <= LONGEST:
        raise UsageError("--every must be from 1s to 365d.")
    while True:
        try:
            show(collect_once(environment, (), None, full=False), as_json=False)
        except Unreachable as error:
            say(str(error))
        except DatabaseError as error:
            if (said := store_trouble(error)) is None:
                raise
            say(f"The store does not answer just now: {said}.")
        time.sleep(every.total_seconds())
