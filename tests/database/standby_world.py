"""A PgBouncer before a real server, and a standby behind it, for as long as a test needs them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sample_data.postgres import Database, Postgres
from sample_data.postgres_home import Account, account, binaries

PATIENCE_S = 20.0


@contextmanager
def pgbouncer(database: Database, folder: Path, mode: str = "transaction") -> Iterator[Database]:
    """The database through PgBouncer, one server connection for everybody."""
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    if not Path(program).exists():
        pytest.skip("PgBouncer is not installed; on Debian: apt-get install pgbouncer")
    server = conninfo_to_dict(database.dsn)
    port = _free_port()
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"[databases]\nshop = host={server['host']} port={server['port']}"
        f" dbname={database.name} user={server['user']} password={server['password']}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = any\npool_mode = {mode}\ndefault_pool_size = 1\n"
    )
    dsn = f"postgresql://anyone@127.0.0.1:{port}/shop"
    with _running([program, str(config)], folder, signal.SIGINT):
        _wait(lambda: _answers(dsn))
        yield Database("shop", dsn)


@contextmanager
def standby(primary: Postgres, folder: Path) -> Iterator[Callable[[str], str]]:
    """A streaming standby; gives its DSN of a database. Conflicts cancel its reads at once."""
    who, told = account(), conninfo_to_dict(primary.dsn())
    programs, data, port = binaries(who), folder / "standby", _free_port()
    subprocess.run(
        [str(programs / "pg_basebackup"), "-D", str(data), "-R", "-X", "stream", "-c", "fast"],
        env={
            **os.environ,
            "PGHOST": str(told["host"]),
            "PGPORT": str(told["port"]),
            "PGUSER": str(told["user"]),
            "PGPASSWORD": str(told["password"]),
        },
        check=True,
        timeout=120,
        cwd=_given_to(who, folder),
        user=who.user,
        group=who.group,
        extra_groups=who.extra_groups,
    )
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_standby_streaming_delay": 0,
        "hot_standby_feedback": "off",
        "fsync": "off",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def dsn(database: str) -> str:
        return make_conninfo(primary.dsn(database), port=port)

    with _running([str(programs / "postgres"), "-D", str(data), *options], folder, signal.SIGINT):
        _wait(lambda: _answers(dsn("postgres")))
        yield dsn


def caught_up(primary: Postgres, standby_dsn: str) -> None:
    """Wait until the standby has replayed all that the primary has written."""
    with psycopg.connect(primary.dsn(), autocommit=True) as connection:
        # The tests' server answers before it has written: a commit that waits writes all before it.
        connection.execute("SET synchronous_commit = on")
        connection.execute("SELECT pg_logical_emit_message(true, '', '')")
        row = connection.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()
    assert row is not None
    with psycopg.connect(standby_dsn, autocommit=True) as connection:
        there = f"SELECT pg_last_wal_replay_lsn() >= '{row[0]}'::pg_lsn"
        _wait(lambda: connection.execute(there).fetchone() == (True,))


@contextmanager
def _running(command: Sequence[str], folder: Path, end: signal.Signals) -> Iterator[None]:
    who = account()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            cwd=_given_to(who, folder),
            user=who.user,
            group=who.group,
            extra_groups=who.extra_groups,
        )
        try:
            yield
        finally:
            process.send_signal(end)
            process.wait(PATIENCE_S)


def _given_to(who: Account, folder: Path) -> Path:
    """Neither program runs as root; the folder is its account's then."""
    if who.drops:
        os.chown(folder, who.uid, who.gid)
    return folder


def _answers(dsn: str) -> bool:
    try:
        psycopg.connect(dsn, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _wait(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not ready():
        assert time.monotonic() < deadline, "it did not become ready"
        time.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
