"""Ten thousand releases under one Approval, against one plain UPDATE of the same rows.

Both work in turn on their own copy of the same database, in batches of the same rows and size. The
floor locks nothing first, checks nothing, and writes nothing down.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import create_engine

from collectors.evidence.database import Store, open_store
from collectors.evidence.lines import Judged
from collectors.evidence.store import save_page
from collectors.model import Confidence, Finding, Judgement, RowRef, UniqueKey, Verdict
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from dashboard.access import Actor, Role
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied
from dashboard.remediation.service import Approval, Preview, Remediation
from dashboard.remediation.service.bulk import BulkEnded, BulkPreview, Chosen
from dashboard.settings import WriteSettings
from sample_data.api.models import Base
from sample_data.api.modes import EMAIL_KEY, KEYS
from sample_data.postgres import Postgres
from tests.database.counting_proxy import counting
from tests.factories import NOON, SECRET, failure, new_store

ROWS, CUSTOMERS, RUNS = 10_000, 50_000, 5
ENGINEER = Actor("bench", Role.ENGINEER, verified=True)
RELEASE = RemedyName.RELEASE_KEY
_FILL = f"""
INSERT INTO organizations (id, created_at, name, slug, email)
VALUES (gen_random_uuid(), now(), 'Acme', 'acme', 'acme@example.com');
INSERT INTO customers (id, created_at, deleted_at, organization_id, email, email_verified, name,
                       oauth_accounts, user_metadata, external_id)
SELECT gen_random_uuid(), now() - interval '30 days', now() - interval '1 day', o.id,
       'customer.' || n || '@example.com', false, 'Customer ' || n, '{{}}', '{{"plan": "gold"}}',
       'cus_' || n
FROM organizations o, generate_series(1, {CUSTOMERS}) n;
"""
_PLAIN = """
UPDATE customers SET email = 'released+' || replace(id::text, '-', '') || '@tombstone.invalid'
WHERE id = ANY ($1::uuid[])
"""


def measure(folder: Path) -> Iterator[dict[str, Any]]:
    """Rows a second of both, and the round trips of a single apply."""
    with Postgres.start(folder / "postgres") as postgres:
        ids = _make(postgres)
        store = _conflicts(folder, postgres, ids)
        size = WriteSettings().remediation.bulk_batch_rows
        times: dict[str, list[float]] = {"bulk": [], "preview": [], "plain": []}
        for run in range(RUNS + 1):
            preview, bulk = _bulk(folder, postgres, store, run)
            plain = _plain(postgres, ids, size, run)
            if run:
                for name, taken in (("bulk", bulk), ("preview", preview), ("plain", plain)):
                    times[name].append(taken)
        trips, read_trips = _round_trips(folder, postgres, store)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    yield {
        "what": "rows released per second in a bulk, against one plain UPDATE in the same batches",
        "rows": ROWS,
        "batch_rows": size,
        "bulk_per_s": round(ROWS / medians["bulk"]),
        "plain_per_s": round(ROWS / medians["plain"]),
        "of_floor": round(statistics.median(_shares(times)), 2),
        "preview_per_s": round(ROWS / medians["preview"]),
    }
    yield {
        "what": "round trips of a single apply: the writer's, and before the row is locked the "
        "reader's for the catalog and the row's surroundings",
        "round_trips": trips + read_trips,
        "at_most": 15,
        "of_the_writer": trips,
        "of_the_reader": read_trips,
    }


def _shares(times: dict[str, list[float]]) -> list[float]:
    pairs = zip(times["plain"], times["bulk"], strict=True)
    return [plain / bulk for plain, bulk in pairs]


def _make(postgres: Postgres) -> list[str]:
    """The shop's own tables, with every index they have; the rows that will be released."""
    postgres.create_database("bench")
    engine = create_engine("postgresql+psycopg://", creator=lambda: _connect(postgres, "bench"))
    Base.metadata.create_all(engine)
    engine.dispose()
    with _connect(postgres, "bench") as connection:
        for key in KEYS:
            connection.execute(key.shipped)
        connection.execute(_FILL)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
        query = f"SELECT id::text FROM customers ORDER BY random() LIMIT {ROWS}"
        return [row for (row,) in connection.execute(query)]


def _connect(postgres: Postgres, database: str) -> psycopg.Connection[Any]:
    return psycopg.connect(postgres.dsn(database))


def _conflicts(folder: Path, postgres: Postgres, ids: Sequence[str]) -> Path:
    """What `collect` would have stored of a create that each of the rows blocked."""
    with _connect(postgres, "bench") as connection:
        reader = ReadTarget("production", postgres.dsn("bench"))
        with reader.snapshot() as snapshot:
            (key,) = read_catalog(snapshot).keys_named(EMAIL_KEY)
        reader.close()
        query = "SELECT id::text, organization_id::text, email FROM customers WHERE id = ANY (%s)"
        rows = {row: (row, o, e) for row, o, e in connection.execute(query, [list(ids)])}
    store = new_store(folder)
    for start in range(0, len(ids), 500):
        page = [_judged(store, key, *rows[one]) for one in ids[start : start + 500]]
        save_page(store, "bench", page)
    store.close()
    return folder / "store.sqlite"


def _judged(store: Store, key: UniqueKey, row: str, organization: str, email: str) -> Judged:
    values = (organization, email)
    judgement = Judgement(
        Verdict.BLOCKED_BY_TOMBSTONE,
        Confidence.CERTAIN,
        (Finding("bench", "A deleted row holds this key."),),
        key=key,
        values=values,
        blocker=RowRef("customers", row, NOON),
    )
    one = failure(event_id=uuid4().hex)
    conflict = store.vault.conflict_id("production", "customers", key.columns, values)
    return Judged("bench", one, "production", judgement, one.occurred_at, conflict)


def _bulk(folder: Path, postgres: Postgres, kept: Path, run: int) -> tuple[float, float]:
    """Seconds of the Preview, and of everything from the Approval to the last outcome."""
    name = f"bulk_{run}"
    postgres.create_database(name, template="bench")
    store = _store_of(folder, kept, name)
    door, reader = _door(store, postgres.dsn(name))
    began = time.perf_counter()
    preview = door.bulk.preview(Chosen(constraint=EMAIL_KEY), RELEASE, ENGINEER)
    previewed = time.perf_counter()
    assert isinstance(preview, BulkPreview)
    assert preview.rows == ROWS
    ended = door.bulk.apply(Approval(ENGINEER, preview.digest, "the incident"))
    finished = time.perf_counter()
    assert isinstance(ended, BulkEnded)
    assert (ended.applied, ended.stopped) == (ROWS, None)
    reader.close()
    store.close()
    postgres.drop_database(name)
    return previewed - began, finished - previewed


def _plain(postgres: Postgres, ids: Sequence[str], size: int, run: int) -> float:
    """Seconds of the UPDATE alone, committed after each batch."""
    name = f"plain_{run}"
    postgres.create_database(name, template="bench")
    with psycopg.connect(postgres.dsn(name), cursor_factory=psycopg.RawCursor) as connection:
        began = time.perf_counter()
        for start in range(0, len(ids), size):
            connection.execute(_PLAIN, [list(ids[start : start + size])])
            connection.commit()
        taken = time.perf_counter() - began
    postgres.drop_database(name)
    return taken


def _round_trips(folder: Path, postgres: Postgres, kept: Path) -> tuple[int, int]:
    """The writer's and the reader's, counted by proxies, from the Approval to the outcome."""
    postgres.create_database("single", template="bench")
    store = _store_of(folder, kept, "single")
    with counting(postgres.port) as counted, counting(postgres.port) as read:
        plain = make_conninfo(postgres.dsn("single"), sslmode="disable", gssencmode="disable")
        dsns = [make_conninfo(plain, port=one.port) for one in (read, counted)]
        door, reader = _door(store, *dsns)
        with store.read() as connection:
            conflict = connection.exec_driver_sql("SELECT id FROM conflicts LIMIT 1").scalar_one()
        preview = door.preview(conflict, RELEASE, ENGINEER)
        assert isinstance(preview, Preview)
        before = counted.trips, read.trips
        approval = Approval(ENGINEER, preview.plan.digest, "the incident")
        assert isinstance(door.apply(conflict, RELEASE, approval), Applied)
        trips = counted.trips - before[0], read.trips - before[1]
        reader.close()
    store.close()
    return trips


def _store_of(folder: Path, kept: Path, name: str) -> Store:
    (folder / name).mkdir()
    copy = folder / name / "store.sqlite"
    shutil.copyfile(kept, copy)
    return open_store(f"sqlite:///{copy}", SECRET)


def _door(store: Store, dsn: str, writer: str | None = None) -> tuple[Remediation, ReadTarget]:
    """Without the pauses between batches, which are a wish and no work."""
    reader = ReadTarget("production", dsn)
    settings = WriteSettings.model_validate(
        {
            "targets": {"production": {"write_dsn": writer or dsn}},
            "remediation": {"bulk_pause_ms": 0},
        }
    )
    return Remediation(store, {"production": reader}, settings), reader
