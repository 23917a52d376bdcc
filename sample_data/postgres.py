"""A PostgreSQL of our own for the demo and the tests, from a wheel: no Docker, no root, no network.

Never for anything else: `fsync` is off, so a crash of the machine may lose the data. The server
listens on loopback TCP only, with a generated password, and ends with the process that started it.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from sample_data.postgres_cluster import Cluster, PortTaken
from sample_data.postgres_home import PostgresUnavailable

__all__ = ["Database", "Postgres", "PostgresUnavailable"]


class Postgres:
    """A running server on one data folder; `stop()` ends it, and leaving a `with` block does too.

    The folder keeps the password and the port, so that a later start answers at the same address.
    One process at a time may own it: the lock dies with its process, however that ends. `fresh`
    says that this start made the cluster, so whatever is remembered about older rows is void.
    """

    def __init__(self, cluster: Cluster, lock: int, port: int, *, fresh: bool) -> None:
        self._cluster = cluster
        self._lock: int | None = lock
        self.port = port
        self.fresh = fresh

    @classmethod
    def start(cls, data: Path, *, port: int | None = None, in_memory: bool = False) -> Postgres:
        """Start the server of this data folder, making its cluster first if there is none.

        `in_memory`: the cluster is kept in memory if there is room for it, for databases that come
        and go by the hundred. Of a disk's files ext4 gives no number of a deleted one out again for
        a while, and looks for a free one among all of these: making a database took 150 ms, not 10.

        Raises PostgresUnavailable when another living process owns the folder, when the server does
        not start, or when called outside the main thread, with which the server would end.
        """
        if threading.current_thread() is not threading.main_thread():
            raise PostgresUnavailable("Start PostgreSQL from the main thread: it ends with it.")
        data = data.resolve()
        data.mkdir(parents=True, exist_ok=True)
        lock = _lock(data)
        try:
            cluster = Cluster.of(data, in_memory=in_memory)
            cluster.end_leftover()
            fresh = cluster.make()
            postgres = cls(cluster, lock, _launch(cluster, port), fresh=fresh)
        except BaseException:
            os.close(lock)
            raise
        atexit.register(postgres.stop)
        return postgres

    def dsn(
        self, database: str = "postgres", *, user: str | None = None, password: str | None = None
    ) -> str:
        """A libpq URI; without `user` the superuser's."""
        if user is None:
            user, password = "postgres", self._cluster.password
        secret = f":{quote(password, safe='')}" if password else ""
        return (
            f"postgresql://{quote(user, safe='')}{secret}@127.0.0.1:{self.port}/{quote(database)}"
        )

    def create_database(self, name: str, template: str | None = None) -> None:
        """CREATE DATABASE; nobody may be connected to the template meanwhile.

        Its files are copied: without fsync that takes a third of the time of a copy through the
        WAL, and leaves nothing in the server's memory that dropping it would have to look for.
        """
        made = sql.SQL("CREATE DATABASE {} STRATEGY file_copy").format(sql.Identifier(name))
        if template:
            made += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        self._run(made)

    def drop_database(self, name: str) -> None:
        """DROP DATABASE, with whoever is still connected to it."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self) -> None:
        """Fast shutdown, then wait. Doing it twice is harmless."""
        self._cluster.stop()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
            atexit.unregister(self.stop)

    def discard(self) -> None:
        """Stop, and remove the cluster wherever it was kept."""
        self.stop()
        shutil.rmtree(self._cluster.home, ignore_errors=True)

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(statement)

    def __enter__(self) -> Postgres:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@dataclass(frozen=True, slots=True)
class Database:
    """One database of a running server, with its superuser's DSN."""

    name: str
    dsn: str

    def execute(
        self, statement: str, params: Sequence[Any] | Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """Run a statement (or, without params, several) by itself; the rows of the last one."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement, params)
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []


def _lock(data: Path) -> int:
    """Hold `postgres.lock` for as long as this process lives."""
    handle = os.open(data / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise PostgresUnavailable(f"Another running process is using {data}.") from None
    return handle


def _launch(cluster: Cluster, port: int | None) -> int:
    """Start on the asked port, else on the one used last, else (it may be taken) on a free one."""
    for candidate in (port,) if port else (cluster.last_port, None, None):
        chosen = candidate or _free_port()
        try:
            cluster.launch(chosen)
        except PortTaken:
            continue
        return chosen
    raise PostgresUnavailable(f"Port {port or chosen} of 127.0.0.1 is taken.")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
