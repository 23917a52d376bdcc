"""The read-only handle on one application database.

Everything a transaction needs is set inside it, by `BEGIN … READ ONLY` and `SET LOCAL`: session
state and startup options do not survive PgBouncer's transaction mode, and what another client left
there must not reach us.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
import stamina
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import PoolProxiedConnection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from collectors.errors import SettingsError, TargetUnreachable
from collectors.postgres.outage import RecoveryConflict, unconnected
from collectors.postgres.snapshot import Snapshot

# That the server ended a connection is found out when it is given back; the next one is new.
logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)

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
SET LOCAL standard_conforming_strings = on;
SET LOCAL array_nulls = on;
SET LOCAL quote_all_identifiers = off;
SET LOCAL jit = off;
SET LOCAL row_security = off;
SELECT current_setting('server_version_num')::int, current_setting('server_version'),
       pg_is_in_recovery(),
       CASE WHEN pg_is_in_recovery() THEN coalesce(
           pg_last_xact_replay_timestamp(), (pg_control_checkpoint()).checkpoint_time
       ) ELSE now() END,
       current_database(), extract(epoch FROM pg_postmaster_start_time())::text
"""
"""One round trip. `row_security = off` turns a policy that would silently hide rows from us into an
error; the DEFAULTs undo what another client of a pooler may have set for the session. `ISO` is how
times are printed (psycopg reads no other style); day and month are read in the server's order as
before. What a literal, a `NULL` in an array and a name without quotes mean is what our SQL says.

`now()` is when the transaction began, thus before its snapshot: whatever was committed by then
is seen. A standby that has replayed nothing since its start knows only its last checkpoint."""

_WAS_USED = "was used"
"""Of a kept connection: it has answered before, so a loss says nothing of the server as it is."""

T = TypeVar("T")


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
        with ExitStack() as held:
            pooled = held.enter_context(self._pooled())
            try:
                look = self._begun(pooled)
            except TargetUnreachable:
                if not (_is_lost(pooled) and _WAS_USED in pooled.info):
                    raise
                held.close()
                self._engine.dispose()  # the server was restarted: what was kept has died with it
                look = self._begun(held.enter_context(self._pooled()))
            yield look

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

    def _begun(self, pooled: PoolProxiedConnection) -> Snapshot:
        connection = pooled.driver_connection
        assert connection is not None
        now = datetime.now(UTC)
        unread = Snapshot(self.name, now, False, 0, connection, self._patience_s)
        number, version, is_standby, clock, *where = unread.rows(self._opening)[0]
        pooled.info[_WAS_USED] = True
        if refusal := too_old(self.name, number, version):
            raise TargetUnreachable(refusal)
        return replace(
            unread,
            as_of=clock.astimezone(UTC),
            is_standby=is_standby,
            server_version=number,
            where=(where[0], where[1]),
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
            if _is_lost(pooled):
                pooled.invalidate()
            pooled.close()


def _is_lost(pooled: PoolProxiedConnection) -> bool:
    connection = pooled.driver_connection
    return connection is None or bool(connection.closed)


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
            f"The read DSN of target {name!r} is not a connection string that libpq can read: "
            "postgresql://USER@HOST/DATABASE, an odd character of a password as %40, or "
            "host=… dbname=… user=…."
        ) from None
    added: dict[str, Any] = {key: text for key, text in defaults.items() if key not in given}
    added["client_encoding"] = "UTF8"  # the one startup parameter: PgBouncer keeps it per client

    def connect() -> psycopg.Connection[Any]:
        # A pooler in transaction mode may run the next statement elsewhere: nothing is prepared.
        connection = psycopg.connect(dsn, prepare_threshold=None, **added)
        connection.autocommit = True  # the transaction's own text begins it
        return connection

    return connect
