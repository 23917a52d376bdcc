"""The read-write connection: opened for one call, shared with no reader, set up in transactions.

It works through PgBouncer's transaction mode: no prepared statements, no session state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import RawCursor
from psycopg.conninfo import conninfo_to_dict

from collectors.errors import SettingsError, TargetUnreachable
from dashboard.remediation.batch import SetStatement
from dashboard.remediation.changes import Statement
from dashboard.remediation.outcomes import Refusal

GRACE_FOR_OUR_STORE_MS = 5_000

_DEFAULTS = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}

_OPENING = """
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL application_name = '{name}';
SET LOCAL lock_timeout = {lock};
SET LOCAL statement_timeout = {statement};
SET LOCAL idle_in_transaction_session_timeout = {idle};
SET LOCAL client_encoding = 'UTF8';
SET LOCAL search_path TO DEFAULT;
SET LOCAL timezone = 'UTC';
SET LOCAL datestyle = 'ISO, YMD';
SET LOCAL intervalstyle = 'postgres';
SET LOCAL bytea_output = 'hex';
SET LOCAL extra_float_digits = 1;
SET LOCAL array_nulls = on;
SET LOCAL quote_all_identifiers = off;
SET LOCAL standard_conforming_strings = on;
SET LOCAL row_security = off
"""
"""One round trip. The row's texts must print alike whenever they are read, and a name as it does
in the reader's catalog; `row_security = off` turns a policy that would silently hide the row into
an error. Not READ WRITE: whoever has set `default_transaction_read_only` (an administrator at a
switch-over, a host whose disk is full) wants nothing written."""

_WHICH_DATABASE = "SELECT current_database(), extract(epoch FROM pg_postmaster_start_time())::text"
"""Its name and when its server started: two connections that agree in both are to one."""

_STANDING = f""";
{_WHICH_DATABASE}, current_setting('session_replication_role'),
       set_config('synchronous_commit',
                  coalesce(nullif(current_setting('synchronous_commit'), 'off'), 'on'), true)
"""
"""In the same round trip. A `replica` fires no trigger and checks no foreign key, and only a
superuser can say otherwise; a COMMIT that waits for no disk may be lost after it was journalled."""

WHICH_CLUSTER = "SELECT system_identifier::text FROM pg_control_system()"
"""A server and its standbys have the same; not everybody who hosts one lets it be asked."""

Begun = tuple[str, str]
"""The database in which a transaction was begun: its name, and when its server started."""

Which = tuple[str, str, str | None]
"""A database's name, when its server started, and which cluster's it is, if that is told."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a statement, and the wait for a lock, may take."""

    lock_timeout_ms: int
    statement_timeout_ms: int


class Unfit(TargetUnreachable):
    """The writer's role is set up so that nothing may be written through it."""

    permanent = True


class EndUnknown(Exception):
    """COMMIT was sent, and its end or the row after it not seen: only the database knows it."""


class RolledBack(Exception):
    """Leaves the transaction, which rolls back."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


class Connecting:
    """Opens connections to one application database, and transactions on them."""

    _more_settings = ""

    def __init__(self, target: str, dsn: str, limits: Limits) -> None:
        self._target = target
        self._dsn = dsn
        self._limits = limits

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._target!r})"

    def status(self, xid: str) -> str | None:
        """What became of a transaction: `committed`, `aborted`, `in progress`.

        None where it is too old to say, or where this server never had it. Raises
        TargetUnreachable.
        """
        with self._connected() as connection:
            try:
                record = connection.execute("SELECT pg_xact_status($1::xid8)", [xid]).fetchone()
            except psycopg.DataError:  # "transaction ID … is in the future": another server's
                return None
            except psycopg.Error as error:
                raise self._unanswered(error) from None
        return None if record is None else record[0]

    def which_database(self, *, and_cluster: bool) -> Which:
        """The cluster too only if it is to be known. Raises TargetUnreachable."""
        with self._connected() as connection:
            try:
                if and_cluster:
                    return self._which(connection)
                return *connection.execute(_WHICH_DATABASE).fetchall()[0], None
            except psycopg.Error as error:
                raise TargetUnreachable(
                    f"Target {self._target!r} did not tell the writer which database it is "
                    f"({error.sqlstate or 'the connection was lost'})."
                ) from None

    def _which(self, connection: psycopg.Connection[Any]) -> Which:
        name, started = connection.execute(_WHICH_DATABASE).fetchall()[0]
        try:
            with connection.transaction():
                return name, started, connection.execute(WHICH_CLUSTER).fetchall()[0][0]
        except psycopg.Error:
            return name, started, None

    def _unanswered(self, error: psycopg.Error) -> TargetUnreachable:
        """A question of a settlement that was refused or lost: it is asked again another time."""
        return TargetUnreachable(
            f"Target {self._target!r} did not tell the writer what became of a transaction "
            f"({error.sqlstate or 'the connection was lost'})."
        )

    @contextmanager
    def _transaction(self, connection: psycopg.Connection[Any], name: str) -> Iterator[None]:
        """A transaction that is always rolled back."""
        self._begin(connection, name)
        yield
        connection.rollback()

    def _begin(self, connection: psycopg.Connection[Any], name: str) -> Begun:
        """Raises TargetUnreachable where a pooler lets no transaction begin, Unfit."""
        limits = self._limits
        opening = _OPENING.format(
            name=re.sub(r"[^a-z0-9 -]", "", name),
            lock=limits.lock_timeout_ms,
            statement=limits.statement_timeout_ms,
            idle=limits.statement_timeout_ms + GRACE_FOR_OUR_STORE_MS,
        )
        try:
            cursor = connection.execute(opening + self._more_settings + _STANDING)
        except psycopg.OperationalError as error:
            if "statement pooling mode" not in str(error):  # PgBouncer's, to any BEGIN
                raise
            raise TargetUnreachable(
                f"Target {self._target!r} gives the writer a pool of single statements, which lets "
                "no transaction be: its write DSN must lead to a pool in transaction mode."
            ) from None
        cursor.set_result(-1)
        database, started, replication_role, _ = cursor.fetchall()[0]
        if replication_role == "replica":
            raise Unfit(
                f"Target {self._target!r} lets the writer pass over triggers and foreign keys: its "
                "role or database sets session_replication_role to replica. Use a role without it."
            )
        return database, started

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection of this call alone; what was not committed is rolled back."""
        connection = self._connect()
        try:
            yield connection
        finally:
            # Said aloud, so that the row is free once we return; on a lost connection it is anyway.
            with suppress(psycopg.Error):
                connection.rollback()
            connection.close()

    def _connect(self) -> psycopg.Connection[Any]:
        try:
            given = conninfo_to_dict(self._dsn)
        except psycopg.ProgrammingError:
            raise SettingsError(
                f"The write DSN of target {self._target!r} is not a connection string that libpq "
                "can read: postgresql://USER@HOST/DATABASE, an odd character of a password as %40, "
                "or host=… dbname=… user=…."
            ) from None
        added: dict[str, Any] = {k: text for k, text in _DEFAULTS.items() if k not in given}
        try:
            connection = psycopg.connect(
                self._dsn,
                autocommit=True,  # a transaction's own text begins it
                prepare_threshold=None,
                cursor_factory=RawCursor,
                **added,
            )
        except psycopg.Error:
            # libpq's own text names the host and the user.
            raise TargetUnreachable(
                f"Target {self._target!r} does not let the writer in: is it running, and are the "
                "write DSN's host, user and password right?"
            ) from None
        return connection


def records(
    connection: psycopg.Connection[Any], statement: Statement | SetStatement
) -> list[tuple[Any, ...]]:
    """Run a statement with its `$1`, `$2`, … bound, and fetch what it answers.

    Of a set's, each record begins with the number of the row it is of.
    """
    return connection.execute(statement.sql, statement.params).fetchall()


def unless(refusal: Refusal | None) -> None:
    """Leave the transaction if there is a reason to."""
    if refusal is not None:
        raise RolledBack(refusal)
