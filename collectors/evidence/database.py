"""The store: its transactions, its version, and whether the secret is the right one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine, bindparam, inspect, select, text
from sqlalchemy.exc import DatabaseError

from collectors.errors import SettingsError, StoreVersionError, UsageError, WrongSecretKey
from collectors.evidence import schema
from collectors.evidence.privacy import Vault
from collectors.evidence.sqlite import WRITING, make_private, shown, sqlite_engine, sqlite_file
from collectors.evidence.trouble import store_says, unwritable

_VERSION = text("SELECT version_num FROM alembic_version")
_META = select(schema.meta.c.value).where(schema.meta.c.name == bindparam("name"))
_STATE = text(
    "SELECT name, value FROM meta WHERE name IN ('generation', 'news')"
    " UNION ALL SELECT 'version', version_num FROM alembic_version"
)
"""Written once: every page asks for the store's state first."""


class State(NamedTuple):
    """Which state a store is in; see `Store.generation` and `Store.news`."""

    generation: int
    news: int


@dataclass(frozen=True)
class Store:
    """An open store. `read()` never blocks a writer; `write()` commits at its end or not at all."""

    engine: Engine
    vault: Vault

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one committed state."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in a writing transaction. Raises StoreVersionError."""
        with self.engine.connect() as plain:
            connection = plain.execution_options(**{WRITING: True})
            with connection.begin():
                _same_version(str(connection.scalar(_VERSION)))
                yield connection

    def generation(self) -> int:
        """A number that grows whenever what is stored has changed; caches key on it."""
        return self.state().generation

    def news(self) -> int:
        """One that grows more seldom: a Run that found nothing new leaves it as it is."""
        return self.state().news

    def state(self) -> State:
        """Both numbers, of one moment. Raises StoreVersionError."""
        with self.read() as connection:
            found: dict[str, str] = {row.name: row.value for row in connection.execute(_STATE)}
        _same_version(found["version"])
        return State(int(found.get("generation", 0)), int(found.get("news", 0)))

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def open_store(url: str, secret: str) -> Store:
    """Open the store at `url`; an empty one is made first.

    Raises StoreVersionError for another version, WrongSecretKey for another secret, SettingsError
    for a URL that is none or a place that cannot be written.
    """
    vault = Vault.of(secret)
    with _opening(url), ExitStack() as refused:
        engine = sqlite_engine(url)
        refused.callback(engine.dispose)
        _ensure_version(engine)
        _ensure_secret(engine, vault)
        refused.pop_all()
    return Store(engine, vault)


def upgrade_store(url: str) -> Path | None:
    """Bring the store to this program's version; returns the copy made of a SQLite file before.

    None where there was nothing to upgrade, or nothing to copy. Raises StoreVersionError for one
    that no upgrade leads on from, SettingsError for a file that is no store.
    """
    from collectors.evidence.migrations.run import is_known, upgrade

    with _opening(url), ExitStack() as done:
        engine = sqlite_engine(url)
        done.callback(engine.dispose)
        version = store_version(engine)
        if version is not None and not is_known(version):
            raise _other_version(version)
        copy = None if version in (None, schema.VERSION) else _copy(url, str(version))
        upgrade(engine)
    return copy


def store_version(engine: Engine) -> str | None:
    """The revision the store stands at, None for an empty one."""
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        if "alembic_version" in tables:
            version: str | None = connection.scalar(_VERSION)
            return version
    if tables:
        raise SettingsError(f"{shown(str(engine.url))} is another program's database, no store.")
    return None


def _ensure_version(engine: Engine) -> None:
    found = store_version(engine)
    if found is None:
        from collectors.evidence.migrations.run import upgrade

        upgrade(engine)
    elif found != schema.VERSION:
        raise _other_version(found)


def _other_version(found: str) -> StoreVersionError:
    from collectors.evidence.migrations.run import is_known

    needs = f"The store is of version {found}, this program needs {schema.VERSION}: "
    if is_known(found):
        return StoreVersionError(f"{needs}run `tombstone store upgrade`.")
    return StoreVersionError(
        f"{needs}a newer Tombstone wrote it, and `tombstone store upgrade` only leads forward. "
        "Install that one."
    )


@contextmanager
def _opening(url: str) -> Iterator[None]:
    try:
        yield
    except (DatabaseError, sqlite3.Error, OSError) as error:
        sentence = f"The store at {shown(url)} cannot be opened: {store_says(error)}."
        shut = ", ".join(str(place.absolute()) for place in _unwritable(url))
        told = f"{sentence} This user cannot write {shut}." if shut else sentence
        raise SettingsError(told) from error


def _unwritable(url: str) -> list[Path]:
    try:
        return [*unwritable(sqlite_file(url) or Path())]
    except OSError:  # not even the folder can be looked into, which was the error itself
        return []


def _ensure_secret(engine: Engine, vault: Vault) -> None:
    with Store(engine, vault).read() as connection:
        known = connection.scalar(_META, {"name": "secret_check"})
    if known is None:
        with Store(engine, vault).write() as connection:
            row = {"name": "secret_check", "value": vault.check}
            connection.execute(schema.meta.insert(), row)
    elif known != vault.check:
        raise WrongSecretKey(
            "The store was written with another TOMBSTONE_SECRET_KEY: "
            "set the one it was made with, or start a new store."
        )


def _same_version(found: str) -> None:
    """A newer program may have upgraded the store since: ours would leave its columns empty."""
    if found != schema.VERSION:
        raise _other_version(found)


def _copy(url: str, version: str) -> Path | None:
    path = sqlite_file(url)
    if path is None:
        return None
    copy = path.with_name(f"{path.name}.{version}")
    if copy.exists():
        raise UsageError(f"{copy} exists already: move it away before upgrading again.")
    part = copy.with_name(f"{copy.name}.part")
    part.unlink(missing_ok=True)  # of an upgrade that was ended while it copied
    make_private(part)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as target:
        source.backup(target)  # consistent while others read and write, unlike copying the file
    part.replace(copy)
    return copy
