"""What must not grow: memory with the number of Events, an idle Run with the size of the store."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from collectors import pipeline
from sample_data.postgres import Postgres
from tests.benchmarks.collecting import (
    EMPTY,
    RETRIES,
    SCHEMA,
    Place,
    collect,
    failed_creates,
    prepare,
    recorded,
)
from tests.benchmarks.recorded import Answers, replayed
from tests.benchmarks.timing import in_turn
from tests.factories import new_store

FEW, MANY = 2_000, 100_000
SMALL, LARGE, OPEN = 10_000, 1_000_000, 100
RUNS = 7
_HISTORY = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
"""
_FAILURES = """
INSERT INTO failures (event_id, source, environment, target, occurred_at, operation, issue_id,
    constraint_name, table_name, verdict, confidence, reasons, candidates, judged_at, sealed,
    waits_for)
SELECT printf('%032x', i), 'sentry', iif(i % 20, 'production', 'unmapped'),
    iif(i % 20, 'production', NULL), f.occurred_at - i, 'create', '1', 'ix_email', 'customers',
    CASE WHEN i % 20 = 0 THEN 'UNDECIDED' WHEN i % 3 THEN 'UNBLOCKED' ELSE 'LIVE_DUPLICATE' END,
    'LIKELY', f.reasons, '[]', f.judged_at, f.sealed, iif(i % 20, NULL, 'target')
FROM n, (SELECT * FROM failures LIMIT 1) f
"""
"""One in twenty belongs to an environment without a Target; the others are settled."""
_CONFLICTS = """
INSERT INTO conflicts (id, environment, target, schema_name, table_name, constraint_name, columns,
    masked_key, verdict, reasons, candidates, failures, first_seen, last_seen, newest_event,
    asked_at, settled_at, sealed)
SELECT printf('%016x', i), environment, target, schema_name, table_name, constraint_name, columns,
    masked_key, 'UNBLOCKED', reasons, '[]', 4, first_seen, last_seen - i, printf('%032x', i),
    asked_at, asked_at, c.sealed
FROM n, (SELECT * FROM conflicts LIMIT 1) c WHERE i % 4 = 0
"""


def measure(folder: Path) -> Iterator[dict[str, Any]]:
    """Peak memory of a whole Run, and the time of one that finds nothing new."""
    with Postgres.start(folder / "postgres") as postgres:
        dsn = postgres.dsn()
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(SCHEMA)
        prepare(folder, dsn)
        events = list(failed_creates(dsn, OPEN, body_bytes=5_000))
        answers = recorded(folder, dsn, events, light=True)
        yield _memory(folder, dsn, answers)
        yield _idle(folder, dsn, answers)


def _memory(folder: Path, dsn: str, answers: Answers) -> dict[str, Any]:
    peaks = {count: _peak(folder, dsn, answers, count) for count in (FEW, MANY)}
    return {
        "what": f"peak memory of a Run over {MANY:,} light events, against {FEW:,}",
        "few_mb": round(peaks[FEW] / 1024),
        "many_mb": round(peaks[MANY] / 1024),
        "times_few": round(peaks[MANY] / peaks[FEW], 2),
    }


def _peak(folder: Path, dsn: str, answers: Answers, count: int) -> int:
    """Kilobytes, of a process that does nothing else."""
    with replayed(answers, folder, many=count) as url:
        command = [sys.executable, "-m", "tests.benchmarks.steady"]
        asked = [str(folder), dsn, url, str(count)]
        done = subprocess.run([*command, *asked], check=True, stdout=subprocess.PIPE)
    return int(done.stdout)


def _idle(folder: Path, dsn: str, answers: Answers) -> dict[str, Any]:
    places = {}
    with replayed(answers, folder) as url:
        for count in (SMALL, LARGE):
            own = folder / str(count)
            own.mkdir()
            shutil.copy(folder / EMPTY, own / EMPTY)
            place = places[count] = Place(own, dsn, url)
            collect(place, OPEN, light=True)
            _fill(own / "store.sqlite", count)
        medians = in_turn(
            RUNS,
            small=lambda: _run(places[SMALL]),
            large=lambda: _run(places[LARGE]),
        )
    return {
        "what": f"a Run with nothing new over {LARGE:,} Failures, against {SMALL:,}",
        "open_conflicts": OPEN // RETRIES,
        "small_ms": round(medians["small"] * 1_000),
        "large_ms": round(medians["large"] * 1_000),
        "times_small": round(medians["large"] / medians["small"], 2),
    }


def _fill(store: Path, count: int) -> None:
    with closing(sqlite3.connect(store)) as connection, connection:
        for statement in (_CONFLICTS, _FAILURES):
            connection.execute(_HISTORY.format(count=count) + statement)
        connection.execute("ANALYZE")


def _run(place: Place) -> None:
    with closing(new_store(place.folder)) as store:
        summary = pipeline.run(place.settings(light=True), store)
    assert summary.stored == 0, summary


def _child(folder: str, dsn: str, url: str, count: str) -> None:
    """Collect, and say the peak: `ru_maxrss` would count the parent's, from before the exec."""
    collect(Place(Path(folder), dsn, url), int(count), light=True)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    sys.stdout.write(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    _child(*sys.argv[1:])
