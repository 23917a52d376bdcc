"""The read-only handle: what it cannot do, what it says when it is cut off, that it recovers."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.errors import SettingsError, TargetUnreachable
from collectors.model import KeyLookup
from collectors.postgres.casting import text_array
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.holders import find_holders
from collectors.postgres.outage import RecoveryConflict, StatementFailed
from sample_data.postgres import Database, Postgres


@pytest.fixture
def target(database: Database) -> Iterator[ReadTarget]:
    with ReadTarget("shop", database.dsn) as target:
        yield target


def test_a_snapshot_knows_the_servers_clock_version_and_kind(
    target: ReadTarget, database: Database
) -> None:
    before = datetime.now(UTC)
    with target.snapshot() as snapshot:
        assert before - timedelta(seconds=1) < snapshot.as_of <= datetime.now(UTC)
        assert snapshot.server_version == int(database.execute("SHOW server_version_num")[0][0])
        assert not snapshot.is_standby


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (a int)",
        "INSERT INTO numbers VALUES (1)",
        "SELECT nextval('counter')",
        "SELECT FROM numbers FOR UPDATE",
    ],
)
def test_nothing_can_be_written(statement: str, target: ReadTarget, database: Database) -> None:
    database.execute("CREATE TABLE numbers (n int); CREATE SEQUENCE counter")
    with target.snapshot() as snapshot, pytest.raises(StatementFailed, match="25006"):
        snapshot.rows(statement)


def test_every_statement_of_a_snapshot_sees_the_same_rows(
    target: ReadTarget, database: Database
) -> None:
    database.execute("CREATE TABLE numbers (n int)")
    with target.snapshot() as snapshot:
        assert snapshot.rows("SELECT count(*) FROM numbers") == [(0,)]
        database.execute("INSERT INTO numbers VALUES (1)")
        assert snapshot.rows("SELECT count(*) FROM numbers") == [(0,)]
    with target.snapshot() as snapshot:
        assert snapshot.rows("SELECT count(*) FROM numbers") == [(1,)]


def test_nothing_is_left_in_the_session(target: ReadTarget) -> None:
    """Between transactions a pooler hands the session to somebody else."""
    statement = (
        "SELECT pg_backend_pid(), name, setting FROM pg_settings"
        " WHERE source = 'session' AND name <> 'transaction_isolation'"
    )
    with target.snapshot() as snapshot:
        during = snapshot.rows(statement)
        snapshot.connection.rollback()
        after = snapshot.rows(statement)
    assert {name for _, name, _ in during} >= {"statement_timeout", "lock_timeout", "row_security"}
    assert {name for _, name, _ in after} <= {"transaction_read_only"}


def test_what_another_client_left_in_the_session_does_not_reach_us(
    target: ReadTarget, database: Database
) -> None:
    database.execute("CREATE SCHEMA other; CREATE TABLE public.t (id int PRIMARY KEY)")
    with target.snapshot() as snapshot:
        snapshot.connection.rollback()
        snapshot.rows(
            "SET search_path = other; SET datestyle = German; SET timezone = 'Asia/Tokyo'"
        )
        snapshot.connection.commit()
    with target.snapshot() as snapshot:
        assert snapshot.rows("SHOW search_path") == [('"$user", public',)]
        assert snapshot.rows("SHOW datestyle") == [("ISO, MDY",)]


@pytest.mark.parametrize("style", ["German, DMY", "SQL, DMY", "Postgres, MDY"])
def test_times_are_read_whatever_style_the_server_prints_them_in(
    style: str, database: Database
) -> None:
    database.execute(
        f"ALTER DATABASE {database.name} SET datestyle = '{style}';"
        f"ALTER DATABASE {database.name} SET timezone = 'Europe/Berlin'"
    )
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, deleted_at timestamptz, at timestamptz"
        " CONSTRAINT t_key UNIQUE); INSERT INTO t VALUES (1, '2026-02-03Z', '2026-02-03Z')"
    )
    ((shown,),) = database.execute("SELECT at::text FROM t")
    with ReadTarget("shop", database.dsn) as target, target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        (key,) = catalog.keys_named("t_key")
        (answer,) = find_holders(snapshot, catalog, [KeyLookup(key, (shown,))])
    assert [holder.row.deleted_at for holder in answer.holders] == [
        datetime(2026, 2, 3, tzinfo=UTC)
    ]


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_of_another_encoding_is_read(encoding: str, postgres: Postgres) -> None:
    name = f"encoded_{encoding.lower()}"
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} ENCODING {encoding} LOCALE 'C' TEMPLATE template0"
        )
    database = Database(name, postgres.dsn(name) + "?client_encoding=UTF8")
    try:
        database.execute(
            "CREATE TABLE t (id int PRIMARY KEY, a text CONSTRAINT t_key UNIQUE);"
            "INSERT INTO t VALUES (1, 'é')"
        )
        with ReadTarget("shop", postgres.dsn(name)) as target, target.snapshot() as snapshot:
            catalog = read_catalog(snapshot)
            (key,) = catalog.keys_named("t_key")
            found, strange = find_holders(
                snapshot, catalog, [KeyLookup(key, (value,)) for value in ("é", "€")]
            )
    finally:
        postgres.drop_database(name)
    assert [holder.values for holder in found.holders] == [("é",)]
    assert not strange.holders


def test_a_refused_statement_names_neither_its_values_nor_its_sql(target: ReadTarget) -> None:
    with target.snapshot() as snapshot, pytest.raises(StatementFailed) as caught:
        snapshot.rows("SELECT $1::text::uuid", "jane@example.com")
    assert str(caught.value) == "PostgreSQL refused a statement: InvalidTextRepresentation (22P02)"
    assert caught.value.__suppress_context__


def test_an_attempt_that_fails_leaves_the_snapshot_usable(target: ReadTarget) -> None:
    with target.snapshot() as snapshot:
        for _ in range(3):
            with pytest.raises(StatementFailed), snapshot.attempt():
                snapshot.rows("SELECT 1 / 0")
        assert snapshot.rows("SELECT 1") == [(1,)]


def test_a_statement_over_its_time_limit_is_cut_off(database: Database) -> None:
    with (
        ReadTarget("shop", database.dsn, statement_timeout_ms=50) as target,
        pytest.raises(TargetUnreachable, match="'shop' cancelled a statement that took longer"),
        target.snapshot() as snapshot,
    ):
        snapshot.rows("SELECT pg_sleep(5)")


def test_a_table_that_somebody_keeps_locked_is_not_waited_for(database: Database) -> None:
    database.execute("CREATE TABLE t (id int PRIMARY KEY)")
    with (
        psycopg.connect(database.dsn) as migration,
        ReadTarget("shop", database.dsn, lock_timeout_ms=50) as target,
        target.snapshot() as snapshot,
    ):
        migration.execute("LOCK TABLE t")
        with pytest.raises(TargetUnreachable, match="'shop' has a table locked by somebody else"):
            snapshot.rows("SELECT FROM t")


def test_a_lost_connection_is_one_sentence_and_the_next_look_works(
    target: ReadTarget, database: Database
) -> None:
    with target.snapshot() as snapshot:
        ((pid,),) = snapshot.rows("SELECT pg_backend_pid()")
        database.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        with pytest.raises(TargetUnreachable, match="'shop' ended our session: it is"):
            snapshot.rows("SELECT 1")
    with target.snapshot() as snapshot:
        ((idle,),) = snapshot.rows("SELECT pg_backend_pid()")
    database.execute("SELECT pg_terminate_backend(%s, 5000)", [idle])
    with target.snapshot() as snapshot:
        assert snapshot.rows("SELECT 1") == [(1,)]


def test_a_target_is_asked_again_after_its_server_was_restarted(tmp_path: Path) -> None:
    server = Postgres.start(tmp_path / "data")
    try:
        with ReadTarget("shop", server.dsn()) as target:
            with target.snapshot() as snapshot:
                assert snapshot.rows("SELECT 1") == [(1,)]
            server.stop()
            with (
                pytest.raises(TargetUnreachable, match="'shop' does not accept connections"),
                target.snapshot(),
            ):
                pass
            server = Postgres.start(tmp_path / "data")
            with target.snapshot() as snapshot:
                assert snapshot.rows("SELECT 1") == [(1,)]
    finally:
        server.discard()


@given(st.lists(st.none() | st.text(st.characters(exclude_characters="\x00", codec="utf-8"))))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_array_of_any_texts_arrives_as_it_was(
    target: ReadTarget, values: list[str | None]
) -> None:
    with target.snapshot() as snapshot:
        assert snapshot.rows("SELECT $1::text[]", text_array(values)) == [(values,)]


def test_each_thread_gets_a_snapshot_of_its_own(target: ReadTarget) -> None:
    pids: list[int] = []
    barrier = threading.Barrier(3)

    def look() -> None:
        with target.snapshot() as snapshot:
            barrier.wait(10)
            pids.append(snapshot.rows("SELECT pg_backend_pid()")[0][0])

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(pids)) == 3


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("password=wrong-secret", "Target 'shop' refused the reader's user name or password."),
        ("user=nobody-here", "Target 'shop' refused the reader's user name or password."),
        ("dbname=not_there", "Target 'shop' has no database of that name."),
        ("host=no.such.host.invalid", "Target 'shop' is at an unknown host."),
        ("sslmode=require", "Target 'shop' and we cannot agree on an encrypted connection."),
    ],
)
def test_a_refused_connection_is_one_sentence_without_secrets(
    override: str, sentence: str, database: Database
) -> None:
    with (
        ReadTarget("shop", f"{database.dsn}?{override}") as target,
        pytest.raises(TargetUnreachable) as caught,
        target.snapshot(),
    ):
        pass
    assert str(caught.value) == sentence
    assert caught.value.__suppress_context__


def test_a_closed_port_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with (
        ReadTarget("shop", f"host=127.0.0.1 port={port} user=u password=p") as target,
        pytest.raises(TargetUnreachable, match="'shop' does not accept connections"),
        target.snapshot(),
    ):
        pass


def test_a_server_that_never_answers_is_given_up_on() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        ReadTarget(
            "shop", f"host=127.0.0.1 port={silent.getsockname()[1]} user=u", connect_timeout_s=2
        ) as target,
        pytest.raises(TargetUnreachable, match="'shop' did not answer in time"),
        target.snapshot(),
    ):
        pass


def test_a_server_that_hangs_in_the_middle_of_a_look_is_given_up_on(tmp_path: Path) -> None:
    """Its kernel goes on acknowledging what we send, so no socket option notices."""
    server = Postgres.start(tmp_path / "data")
    try:
        with (
            ReadTarget("shop", server.dsn(), statement_timeout_ms=500) as target,
            target.snapshot() as snapshot,
        ):
            ((pid,),) = snapshot.rows("SELECT pg_backend_pid()")
            os.kill(pid, signal.SIGSTOP)
            try:
                began = time.monotonic()
                with pytest.raises(TargetUnreachable, match="'shop' lost the connection"):
                    snapshot.rows("SELECT 1")
            finally:
                os.kill(pid, signal.SIGCONT)
            assert time.monotonic() - began < 10
    finally:
        server.discard()


@pytest.mark.parametrize("dsn", ["postgresql://u:s3cret@[", "password=s3cret nonsense"])
def test_a_dsn_that_libpq_cannot_read_is_a_wrong_setting(dsn: str) -> None:
    with pytest.raises(SettingsError) as caught:
        ReadTarget("shop", dsn)
    assert "s3cret" not in str(caught.value)


def test_the_dsn_stays_out_of_sight(target: ReadTarget) -> None:
    assert repr(target) == "ReadTarget('shop')"


def test_a_question_cut_off_by_a_standbys_replay_is_asked_again(target: ReadTarget) -> None:
    asked = []

    def question(snapshot: object) -> str:
        asked.append(snapshot)
        if len(asked) < 3:
            raise RecoveryConflict("cancelled")
        return "answer"

    assert target.ask(question) == "answer"
    assert len(set(map(id, asked))) == 3


def test_a_question_that_fails_otherwise_is_not_asked_again(target: ReadTarget) -> None:
    asked = []

    def question(snapshot: object) -> None:
        asked.append(snapshot)
        raise TargetUnreachable("gone")

    with pytest.raises(TargetUnreachable, match="gone"):
        target.ask(question)
    assert len(asked) == 1
