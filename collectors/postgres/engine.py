"""The read-only handle on one application database.

Everything a transaction needs is set inside it, by `BEGIN … READ ONLY` and `SET LOCAL`: session
state and startup options do not survive PgBouncer's transaction mode, and what another client left
there must not reach us. Statements are sent with `$1` placeholders as the server reads them: a
fragment of the catalog that holds `%` or `:` needs no escaping, a value has no way into the SQL.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from socket import SHUT_RDWR, socket
from threading import Timer
from typing import Any, TypeVar

import psycopg
import stamina
from psycopg import RawCursor
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import PoolProxiedConnection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from collectors.errors import SettingsError, TargetUnreachable
from collectors.postgres.outage import (
    Halted,
    RecoveryConflict,
    StatementFailed,
    explained,
    unconnected,
)

# Its warnings name the host and the user; what matters of them comes to us as errors too.
logging.getLogger("psycopg").setLevel(logging.ERROR)

OLDEST_SUPPORTED = 150_000
ATTEMPTS = 3
GRACE_S = 5.0
"""How much longer than its own time limit a statement may take to be answered."""

_DEAD_PEER = {
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
"""statement_timeout is the server's clock: against a vanished server only the socket's helps."""

_OPENING = """
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = {statement_timeout_ms};
SET LOCAL lock_timeout = {lock_timeout_ms};
SET LOCAL application_name = 'tombstone reader';
SET LOCAL search_path TO DEFAULT;
SET LOCAL datestyle TO DEFAULT;
SET LOCAL datestyle = 'ISO';
SET LOCAL intervalstyle TO DEFAULT;
SET LOCAL timezone TO DEFAULT;
SET LOCAL bytea_output TO DEFAULT;
SET LOCAL extra_float_digits TO DEFAULT;
SET LOCAL jit = off;
SET LOCAL row_security = off;
SELECT current_setting('server_version_num')::int, current_setting('server_version'),
       pg_is_in_recovery(),
       CASE WHEN pg_is_in_recovery() THEN coalesce(
           pg_last_xact_replay_timestamp(), (pg_control_checkpoint()).checkpoint_time
       ) ELSE now() END
"""
"""One round trip. `row_security = off` turns a policy that would silently hide rows from us into an
error; the DEFAULTs undo what another client of a pooler may have set for the session. `ISO` is how
times are printed (psycopg reads no other style); day and month are read in the server's order as
before.

`now()` is when the transaction began, thus before its snapshot: whatever was committed by then
is seen. A standby that has replayed nothing since its start knows only its last checkpoint."""

_TAKE_BACK = "ROLLBACK TO SAVEPOINT tombstone; RELEASE SAVEPOINT tombstone"

Question = tuple[Any, ...]
"""One statement, and what is bound to its `$1`, `$2`, …"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One read-only transaction: every statement in it sees the same rows.

    as_of           rows committed by then are in it: the server's clock, or a standby's replay time
    server_version  as `server_version_num` has it: 150018, 180006
    patience_s      after which a server that says nothing at all is given up on; None: never
    """

    target: str
    as_of: datetime
    is_standby: bool
    server_version: int
    connection: psycopg.Connection[Any]
    patience_s: float | None = None

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a statement with its `$1`, `$2`, … bound; of several in one text, the last's rows.

        Raises TargetUnreachable, or StatementFailed where only this statement was refused.
        """
        try:
            with self._patience(), RawCursor(self.connection) as cursor:
                cursor.execute(statement, parameters or None)
                while cursor.nextset():
                    pass
                return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise explained(self.target, error) from None

    def rows_of_each(self, *questions: Question) -> list[list[tuple[Any, ...]]]:
        """Run statements in one round trip: what each answers, in their order.

        Raises as `rows` does, for the first that is refused; those after it were not run.
        """
        try:
            with ExitStack() as opened:
                cursors = [opened.enter_context(RawCursor(self.connection)) for _ in questions]
                with self._patience(), self.connection.pipeline():
                    for cursor, (statement, *parameters) in zip(cursors, questions, strict=True):
                        cursor.execute(statement, parameters or None)
                return [cursor.fetchall() if cursor.description else [] for cursor in cursors]
        except psycopg.Error as error:
            raise explained(self.target, error) from None

    def attempt_each(self, *questions: Question) -> list[list[tuple[Any, ...]]]:
        """The same for what may be refused: what came before stays usable."""
        before, after = ("SAVEPOINT tombstone",), ("RELEASE SAVEPOINT tombstone",)
        try:
            return self.rows_of_each(before, *questions, after)[1:-1]
        except (StatementFailed, Halted):
            self.rows(_TAKE_BACK)
            raise

    @contextmanager
    def _patience(self) -> Iterator[None]:
        """The limits set in the transaction are the server's clock, and a hung server's stands."""
        if self.patience_s is None:
            yield
            return
        waiting = Timer(self.patience_s, _hang_up, [self.connection])
        waiting.daemon = True
        waiting.start()
        try:
            yield
        finally:
            waiting.cancel()

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A savepoint around statements that may be refused: what came before stays usable."""
        self.rows("SAVEPOINT tombstone")
        try:
            yield
        except (StatementFailed, Halted):
            self.rows(_TAKE_BACK)
            raise
        self.rows("RELEASE SAVEPOINT tombstone")


class ReadTarget:
    """A Target to ask; it keeps a few connections and makes new ones after a restart.

    `dsn` is whatever libpq takes (URI or `key=value`); what it says itself of timeouts and
    keepalives wins over ours. Raises SettingsError if libpq cannot read it.
    """

    def __init__(
        self,
        name: str,
        dsn: str,
        *,
        statement_timeout_ms: int = 10_000,
        lock_timeout_ms: int = 1_000,
        connect_timeout_s: int = 5,
    ) -> None:
        self.name = name
        self._patience_s = statement_timeout_ms / 1_000 + GRACE_S if statement_timeout_ms else None
        self._opening = _OPENING.format(
            statement_timeout_ms=int(statement_timeout_ms), lock_timeout_ms=int(lock_timeout_ms)
        )
        defaults = {"connect_timeout": str(connect_timeout_s), **_DEAD_PEER}
        self._engine = create_engine(
            "postgresql+psycopg://",
            creator=_connector(name, dsn, defaults),
            pool_size=2,
            max_overflow=3,
            pool_timeout=connect_timeout_s,
            pool_pre_ping=True,
            hide_parameters=True,
            use_native_hstore=False,
        )

    def __repr__(self) -> str:
        return f"ReadTarget({self.name!r})"

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """A new look, ended by rollback.

        REPEATABLE READ, so that two questions within one look cannot contradict each other; looks
        are short, so what that holds back (vacuum, a standby's replay) is little.
        Raises TargetUnreachable.
        """
        with self._pooled() as pooled:
            connection = pooled.driver_connection
            assert connection is not None
            try:
                yield self._begun(connection)
            finally:
                if connection.closed:
                    pooled.invalidate()

    def ask(self, question: Callable[[Snapshot], T]) -> T:
        """The answer to a question that may be asked again where a standby's replay cut it off."""
        for attempt in stamina.retry_context(
            on=RecoveryConflict, attempts=ATTEMPTS, wait_initial=0.1, wait_max=1.0, timeout=None
        ):
            with attempt, self.snapshot() as snapshot:
                return question(snapshot)
        raise AssertionError("retry_context returns or raises")

    def close(self) -> None:
        """Let go of the kept connections."""
        self._engine.dispose()

    def __enter__(self) -> ReadTarget:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begun(self, connection: psycopg.Connection[Any]) -> Snapshot:
        now = datetime.now(UTC)
        unread = Snapshot(self.name, now, False, 0, connection, self._patience_s)
        number, version, is_standby, clock = unread.rows(self._opening)[0]
        if refusal := too_old(self.name, number, version):
            raise TargetUnreachable(refusal)
        return replace(
            unread, as_of=clock.astimezone(UTC), is_standby=is_standby, server_version=number
        )

    @contextmanager
    def _pooled(self) -> Iterator[PoolProxiedConnection]:
        """A connection of the pool, which rolls back what it is given back."""
        try:
            pooled = self._engine.raw_connection()
        except (psycopg.Error, DBAPIError) as error:
            # SQLAlchemy wraps what fails in its own first questions to a new server.
            raise unconnected(self.name, getattr(error, "orig", error)) from None
        except PoolTimeout:
            raise TargetUnreachable(
                f"Target {self.name!r} is being asked by too many at once here."
            ) from None
        try:
            yield pooled
        finally:
            pooled.close()


def _hang_up(connection: psycopg.Connection[Any]) -> None:
    """End a connection under whoever waits for it; closing it would free what they still use."""
    with suppress(OSError, psycopg.Error), socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(SHUT_RDWR)


def too_old(target: str, number: int, version: str) -> str | None:
    """Why a server of that `server_version_num` is not asked: NULLS NOT DISTINCT came with 15."""
    if number >= OLDEST_SUPPORTED:
        return None
    return f"Target {target!r} runs PostgreSQL {version}; Tombstone needs 15 or newer."


def _connector(
    name: str, dsn: str, defaults: dict[str, str]
) -> Callable[[], psycopg.Connection[Any]]:
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        raise SettingsError(
            f"The read DSN of target {name!r} is not a connection string that libpq can read."
        ) from None
    added: dict[str, Any] = {key: text for key, text in defaults.items() if key not in given}
    added["client_encoding"] = "UTF8"  # the one startup parameter: PgBouncer keeps it per client

    def connect() -> psycopg.Connection[Any]:
        # A pooler in transaction mode may run the next statement elsewhere: nothing is prepared.
        connection = psycopg.connect(dsn, prepare_threshold=None, **added)
        connection.autocommit = True  # the transaction's own text begins it
        return connection

    return connect
