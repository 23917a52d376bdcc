"""A generated migration at noon: 100,000 rows, writers that never stop, and a DBA who is killed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import UniqueViolation

from collectors.audit.migration.statements import LOCK_TIMEOUT_MS
from sample_data.postgres import Database, Postgres
from tests.database.auditing_world import draft_of, findings_of, run, statements_of
from tests.database.shop_world import running

ROWS = 100_000
GRACE_MS = 250
"""What the swap itself may take once it has its lock, and what a busy machine adds."""

COLUMNS = """
    id bigserial, org int NOT NULL, email text NOT NULL, deleted_at timestamptz,
    is_deleted boolean NOT NULL DEFAULT false
"""
FILL = f"""
INSERT INTO t (org, email, deleted_at, is_deleted)
SELECT 1, 'old' || n, CASE WHEN n % 2 = 0 THEN now() - n * interval '1 second' END, n % 2 = 0
FROM generate_series(1, {ROWS}) n;
ANALYZE t;
"""
PLAIN = f"CREATE TABLE t ({COLUMNS}, PRIMARY KEY (id));"
PARTITIONED = f"""
CREATE TABLE t ({COLUMNS}) PARTITION BY HASH (email);
CREATE TABLE t_0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE t_1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1);
"""
LEGACY = "CREATE UNIQUE INDEX right_one ON t (org, email) WHERE deleted_at IS NULL;"
SHAPES = {
    # name: (the table, its flawed key, whether that kept live rows unique)
    "index": (PLAIN, "CREATE UNIQUE INDEX k ON t (org, lower(email))", True),
    "constraint": (PLAIN, "ALTER TABLE t ADD CONSTRAINT k UNIQUE (org, email)", True),
    "deletion in the constraint": (
        PLAIN,
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE (org, email, deleted_at)",
        False,
    ),
    "boolean": (PLAIN, "CREATE UNIQUE INDEX k ON t (org, email, is_deleted)", True),
    "inverted": (PLAIN, "CREATE UNIQUE INDEX k ON t (org, email) WHERE is_deleted", False),
    "legacy": (PLAIN, LEGACY + "ALTER TABLE t ADD CONSTRAINT k UNIQUE (org, email)", True),
    "partitioned": (PARTITIONED, "CREATE UNIQUE INDEX k ON t (org, email)", True),
}


def make(database: Database, shape: str) -> bool:
    table, key, kept_unique = SHAPES[shape]
    database.execute(table + FILL + key)
    return kept_unique


@dataclass
class Load:
    """Writers of their own e-mail addresses, each statement timed, each outcome remembered."""

    database: Database
    watch: bool
    stop: threading.Event = field(default_factory=threading.Event)
    longest: float = 0.0
    statements: int = 0
    blocked: int = 0
    faults: list[str] = field(default_factory=list)
    live: set[str] = field(default_factory=set)
    written: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, name: str, pause: float) -> None:
        """Create, delete, re-create: for ever. A pause holds a transaction open."""
        try:
            with psycopg.connect(self.database.dsn) as connection:
                connection.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS + GRACE_MS}")
                connection.commit()
                for number in count():
                    if self.stop.is_set():
                        return
                    self._story(connection, f"{name}.{number}", pause)
        except Exception as error:
            self.faults.append(f"{name}: {error!r}")

    def probe(self) -> None:
        """A live row's values again: refused at every moment, or live rows were not unique."""
        insert = "INSERT INTO t (org, email) VALUES (1, 'old1')"
        with psycopg.connect(self.database.dsn, autocommit=True) as connection:
            while not self.stop.is_set():
                try:
                    connection.execute(insert)
                except UniqueViolation:
                    continue
                self.faults.append("two live rows shared a key")
                return

    def _story(self, connection: psycopg.Connection, email: str, pause: float) -> None:
        insert = "INSERT INTO t (org, email) VALUES (1, %s)"
        delete = (
            "UPDATE t SET deleted_at = clock_timestamp(), is_deleted = true"
            " WHERE email = %s AND deleted_at IS NULL"
        )
        for statement, living in ((insert, True), (delete, False), (insert, True), (delete, False)):
            try:
                self._timed(connection, statement, email, pause)
            except UniqueViolation:
                connection.rollback()
                with self._lock:
                    self.blocked += 1
                return
            with self._lock:
                self.written += living
                (self.live.add if living else self.live.discard)(email)

    def _timed(
        self, connection: psycopg.Connection, statement: str, email: str, pause: float
    ) -> None:
        began = time.monotonic()
        changed = connection.execute(statement, [email]).rowcount
        taken = time.monotonic() - began
        time.sleep(pause)
        connection.commit()
        with self._lock:
            self.longest = max(self.longest, taken)
            self.statements += 1
            if changed != 1:
                self.faults.append(f"{changed} rows instead of one")


@contextmanager
def under(load: Load) -> Iterator[None]:
    jobs = [lambda n=n, p=p: load.write(f"w{n}", p) for n, p in enumerate((0.0, 0.005, 0.03))]
    threads = [threading.Thread(target=job) for job in (*jobs, *([load.probe] * load.watch))]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    try:
        yield
        time.sleep(0.5)
    finally:
        load.stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_writers_go_on_while_it_runs(shape: str, database: Database) -> None:
    load = Load(database, watch=make(database, shape))
    statements = statements_of(draft_of(database, "k"))
    with under(load):
        run(database, statements)
        blocked_before = load.blocked
    assert load.faults == []
    assert load.statements > 100
    if shape != "deletion in the constraint":
        assert blocked_before > 0
    # The swap came while each writer was in at most one story.
    assert load.blocked - blocked_before <= 3
    stored = database.execute("SELECT email FROM t WHERE deleted_at IS NULL AND email LIKE 'w%'")
    assert sorted(email for (email,) in stored) == sorted(load.live)
    ((rows,),) = database.execute("SELECT count(*) FROM t WHERE email LIKE 'w%'")
    assert rows == load.written
    assert load.longest * 1_000 < LOCK_TIMEOUT_MS + GRACE_MS
    assert findings_of(database) == []
    database.execute("INSERT INTO t (org, email) VALUES (1, 'old2')")


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["constraint", "partitioned"])
def test_killed_at_every_step_it_completes_when_run_again(shape: str, postgres: Postgres) -> None:
    template = "killed_template"
    postgres.create_database(template)
    make(Database(template, postgres.dsn(template)), shape)
    steps = len(statements_of(draft_of(Database(template, postgres.dsn(template)), "k")))
    for step in range(steps):
        name = f"killed_{step}"
        postgres.create_database(name, template=template)
        database = Database(name, postgres.dsn(name))
        statements = statements_of(draft_of(database, "k"))
        killed_in(database, statements, step)
        assert live_rows_stay_unique(database)
        run(database, statements)
        assert findings_of(database) == []
        assert database.execute("SELECT 1 FROM pg_index WHERE NOT indisvalid") == []
        postgres.drop_database(name)
    postgres.drop_database(template)


def killed_in(database: Database, statements: list[str], step: int) -> None:
    """Run up to a step, which waits for somebody's open transaction, and end its session there."""
    with psycopg.connect(database.dsn) as other, psycopg.connect(database.dsn) as admin:
        with psycopg.connect(database.dsn, autocommit=True) as own:
            for statement in statements[:step]:
                own.execute(statement.encode())
            other.execute("INSERT INTO t (org, email) VALUES (2, 'open')")
            job = threading.Thread(target=tolerant, args=(own, statements[step]))
            job.start()
            time.sleep(0.4)
            admin.execute("SELECT pg_terminate_backend(%s)", [own.info.backend_pid])
            job.join()
        other.rollback()


def tolerant(connection: psycopg.Connection, statement: str) -> None:
    try:
        connection.execute(statement.encode())
    except psycopg.OperationalError:
        return


def live_rows_stay_unique(database: Database) -> bool:
    """Whatever was killed, live rows are unique: a second live row is refused."""
    try:
        database.execute("INSERT INTO t (org, email) VALUES (1, 'old1')")
    except UniqueViolation:
        return True
    return False


@pytest.mark.slow
def test_the_shop_answers_201_once_its_keys_are_migrated(
    postgres: Postgres, tmp_path: Path
) -> None:
    with running(postgres, tmp_path, ("production",)) as shop:
        shop.control("deploy", environment="production", release="shop@1", mode="broken")
        database = shop.databases["production"]
        merchant = shop.merchant("production")
        merchant.deleted_customer("jane@example.com", external_id="crm-1")
        assert merchant.create("JANE@example.com").status_code == 500
        flawed = [one for one in findings_of(database) if one.table == "customers"]
        assert len(flawed) == 2
        for finding in flawed:
            run(database, statements_of(draft_of(database, finding.constraint)))
        assert [one for one in findings_of(database) if one.table == "customers"] == []
        assert merchant.create("JANE@example.com", external_id="crm-1").status_code == 201
