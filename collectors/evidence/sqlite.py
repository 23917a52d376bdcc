"""The engine of a store that is a SQLite file: how it is reached, locked and watched.

It runs in WAL mode, so readers never wait for `collect`. Writers begin with BEGIN IMMEDIATE: a
deferred transaction that upgrades to writing fails at once when another writer is ahead, whatever
`busy_timeout` says (https://www.sqlite.org/lang_transaction.html). `synchronous` is FULL, for the
journal's line must outlive a power cut that comes after a Target's COMMIT; `secure_delete` is on,
for what was erased must not linger in free pages. `lower()` is Unicode's, as PostgreSQL's is:
SQLite's own knows ASCII alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from collectors.errors import SettingsError

BUSY_TIMEOUT_MS = 30_000
WRITING = "tombstone_write"
"""The execution option of a connection whose transactions write."""

_DRIVERS = frozenset({"sqlite", "sqlite+pysqlite"})


def sqlite_file(url: str) -> Path | None:
    """The file behind a SQLite URL, None for anything else."""
    parsed = _parsed(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))


def sqlite_engine(url: str) -> Engine:
    """An engine on the file, which is made first, for nobody else to read. Raises SettingsError."""
    path, parsed = sqlite_file(url), _parsed(url)
    if path is None or parsed.drivername not in _DRIVERS or parsed.host or parsed.username:
        raise SettingsError(f"The store must be a SQLite file for now, not {shown(url)}.")
    if not path.parent.is_dir():
        raise SettingsError(f"The store's folder {path.parent} does not exist.")
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare)
    if not path.exists():
        with suppress(FileExistsError):
            make_private(path)
    event.listen(engine, "begin", _same_file(path))
    event.listen(engine, "begin", _begin)
    return engine


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise SettingsError(
            "TOMBSTONE_STORE_URL is not a database URL; for example sqlite:///tombstone.sqlite."
        ) from error


def shown(url: str) -> str:
    """The URL as it may be told. Raises SettingsError for one that is none."""
    return _parsed(url).render_as_string(hide_password=True)


def _same_file(path: Path) -> Callable[[Connection], None]:
    """SQLite goes on reading and writing a file that was removed or replaced, and tells nobody.

    What a dashboard then shows is of no store, and what it journals is lost with its process.
    """
    opened = path.stat()

    def check(_connection: Connection) -> None:
        try:
            same = os.path.samestat(path.stat(), opened)
        except OSError:
            same = False
        if not same:
            raise SettingsError(
                f"The store at {path} was removed or replaced while it was in use: "
                "start this program again."
            )

    return check


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's `begin` event speaks instead of the driver
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_size_limit=67108864",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("lower", 1, lambda text: text and text.lower(), deterministic=True)


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def make_private(path: Path) -> None:
    """An empty file that nobody else can open, not even while it is written."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
