"""One plan, one transaction, on a connection that no reader shares.

Everything is set inside the transaction, so it works through PgBouncer's transaction mode: no
prepared statements, no session state. One apply takes eleven round trips, fifteen at most.

A row that somebody else has locked is asked for again until `lock_timeout_ms` has passed, without
ever standing in the queue for it, so nobody waits behind us. Should this process hang between two
statements, `idle_in_transaction_session_timeout` ends the transaction and lets go of the row.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import IsolationLevel, RawCursor
from psycopg.conninfo import conninfo_to_dict

from collectors.errors import SettingsError, TargetUnreachable
from dashboard.remediation import guard, statements
from dashboard.remediation.changes import Statement
from dashboard.remediation.database_errors import is_final, refusal_of
from dashboard.remediation.facts import Place, Row
from dashboard.remediation.outcomes import Refusal, RefusalCode, Step
from dashboard.remediation.plan import RemediationPlan

LOOKS_FOR_A_LOCKED_ROW = 5
GRACE_FOR_OUR_STORE_MS = 5_000

_DEFAULTS = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}

_SET_LOCAL = """
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
SET LOCAL row_security = off
"""
"""The row's texts must print alike whenever they are read; `row_security = off` turns a policy that
would silently hide the row into an error."""

BeforeCommit = Callable[[str, Row | None, str], None]
"""Called with the transaction's id, the row as written, and the oldest transaction beside it. The
row is None once it was purged."""

_DATABASE = "SELECT current_database(), pg_postmaster_start_time()::text"

_ROLE = "SELECT rolname::text, rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"

_RIGHTS = """
SELECT format('%s (%s)', c.oid::regclass, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
           FILTER (WHERE has_column_privilege(c.oid, a.attnum, 'UPDATE'))),
       CASE WHEN pg_has_role(c.relowner, 'USAGE') THEN format('owns %s', c.oid::regclass)
            WHEN has_table_privilege(c.oid, 'INSERT, TRUNCATE')
            THEN format('may insert into or truncate %s', c.oid::regclass) END,
       bool_or(has_column_privilege(c.oid, a.attnum, 'UPDATE')),
       CASE WHEN has_table_privilege(c.oid, 'DELETE') THEN c.oid::regclass::text END
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p')
GROUP BY c.oid, c.relowner, c.relname
ORDER BY c.relname
"""
"""$1 schemas."""

Announce = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a statement, and the wait for a lock, may take."""

    lock_timeout_ms: int
    statement_timeout_ms: int


@dataclass(frozen=True, slots=True)
class Written:
    """The row as the plan left it and, for what was committed, as it was read again.

    Either is None where the row is not there.
    """

    after: Row | None
    found: Row | None = None


@dataclass(frozen=True, slots=True)
class WriterFacts:
    """What the writer's role is and may do, for `doctor`; asked, never tried.

    database  its name and when its server started: which one this is
    writes    the columns it may update, as `table (column, column)`
    deletes   the tables it may delete from
    excess    what it may do beyond updating single columns and deleting rows
    """

    role: str
    superuser: bool
    database: tuple[str, str]
    writes: tuple[str, ...]
    deletes: tuple[str, ...]
    excess: tuple[str, ...]


class EndUnknown(Exception):
    """The connection was lost while committing: only the database knows whether it did."""


class _Refused(Exception):
    """Leaves the transaction, which rolls back."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


class Writer:
    """The read-write handle on one application database."""

    def __init__(self, target: str, dsn: str, limits: Limits) -> None:
        self._target = target
        self._dsn = dsn
        self._limits = limits

    def __repr__(self) -> str:
        return f"Writer({self._target!r})"

    def facts(self, schemas: Sequence[str]) -> WriterFacts:
        """What its role may do in these schemas. Raises TargetUnreachable."""
        with self._connected() as connection, self._transaction(connection, "tombstone doctor"):
            role, superuser = connection.execute(_ROLE).fetchall()[0]
            name, started = connection.execute(_DATABASE).fetchall()[0]
            rights = connection.execute(_RIGHTS, [list(schemas)]).fetchall()
        return WriterFacts(
            role,
            superuser,
            (name, started),
            tuple(columns for columns, _, some, _ in rights if some),
            tuple(table for *_, table in rights if table),
            tuple(more for _, more, *_ in rights if more),
        )

    def look(self, place: Place) -> Row | Refusal | None:
        """The row as it is now, unlocked. Raises TargetUnreachable."""
        with self._connected() as connection:
            try:
                with self._transaction(connection, "tombstone look"):
                    return _row(connection, place, statements.look(place, lock=False))
            except psycopg.Error as error:
                return refusal_of(error)

    def rehearse(self, plan: RemediationPlan) -> Written | Refusal:
        """The Preview: the plan run for real, and rolled back. Raises TargetUnreachable."""
        with self._connected() as connection:
            try:
                with self._transaction(connection, "tombstone preview"):
                    after, _, _ = self._write(connection, plan, lambda _: None)
                    return Written(after)
            except _Refused as refused:
                return refused.refusal
            except psycopg.Error as error:
                return refusal_of(error, plan)

    def apply(
        self, plan: RemediationPlan, name: str, before_commit: BeforeCommit, announce: Announce
    ) -> Written | Refusal:
        """Run the plan and commit it, then read the row again on the same connection.

        `name` is the remediation's id, for the application's name. Whatever `before_commit` raises
        rolls back. Raises TargetUnreachable before anything began, EndUnknown once COMMIT was sent
        or the row could not be read again.
        """
        with self._connected() as connection:
            try:
                self._begin(connection, f"tombstone {name}")
                after, xid, horizon = self._write(connection, plan, announce)
                before_commit(xid, after, horizon)
            except _Refused as refused:
                return refused.refusal
            except psycopg.Error as error:
                return refusal_of(error, plan)
            announce(Step.COMMITTING)
            try:
                connection.commit()
            except psycopg.Error as error:
                if is_final(error):
                    return refusal_of(error, plan)
                raise EndUnknown from None
            announce(Step.COMMITTED)
            return Written(after, self._verified(connection, plan))

    def status(self, xid: str) -> str | None:
        """What became of a transaction: `committed`, `aborted`, `in progress`.

        None where it is too old to say, or where this server never had it. Raises
        TargetUnreachable.
        """
        with self._connected() as connection:
            try:
                connection.autocommit = True
                record = connection.execute("SELECT pg_xact_status($1::xid8)", [xid]).fetchone()
            except psycopg.DataError:  # "transaction ID … is in the future": another server's
                return None
        return None if record is None else record[0]

    def _write(
        self, connection: psycopg.Connection[Any], plan: RemediationPlan, announce: Announce
    ) -> tuple[Row | None, str, str]:
        """Lock, re-check, write, count: the row as written, the transaction's id, the horizon.

        A purged row is looked for again: a trigger may have put it back.
        """
        found = self._lock(connection, plan.place)
        announce(Step.LOCKED)
        _unless(guard.changed_since(plan, found))
        _unless(_answered(connection, plan, plan.occupied, guard.met))
        _unless(_answered(connection, plan, plan.referenced, guard.referred_to))
        announce(Step.CHECKED)
        for statement in plan.statements:
            records = _records(connection, statement)
            if len(records) != 1:
                raise _Refused(_not_one(len(records)))
        *row, xid, horizon = records[0]
        if plan.goal.gone:
            after = _row(connection, plan.place, statements.look(plan.place, lock=False))
        else:
            after = statements.read_row(plan.place, row)
        _unless(guard.missed(plan, after))
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        announce(Step.WRITTEN)
        return after, xid, horizon

    def _lock(self, connection: psycopg.Connection[Any], place: Place) -> Row | None:
        pause = self._limits.lock_timeout_ms / 1_000 / LOOKS_FOR_A_LOCKED_ROW
        for attempt in range(LOOKS_FOR_A_LOCKED_ROW):
            time.sleep(pause if attempt else 0)
            row = _row(connection, place, statements.look(place, lock=True))
            if row is not None:
                return row
            if not attempt and not _is_there(connection, place):
                return None
        raise _Refused(
            Refusal(RefusalCode.LOCKED, "Another session has the row locked: try again shortly.")
        )

    def _verified(self, connection: psycopg.Connection[Any], plan: RemediationPlan) -> Row | None:
        try:
            with self._transaction(connection, "tombstone verify"):
                return _row(connection, plan.place, statements.look(plan.place, lock=False))
        except psycopg.Error:
            raise EndUnknown from None

    @contextmanager
    def _transaction(self, connection: psycopg.Connection[Any], name: str) -> Iterator[None]:
        """A transaction that is always rolled back."""
        self._begin(connection, name)
        yield
        connection.rollback()

    def _begin(self, connection: psycopg.Connection[Any], name: str) -> None:
        limits = self._limits
        connection.execute(
            _SET_LOCAL.format(
                name=re.sub(r"[^a-z0-9 -]", "", name),
                lock=limits.lock_timeout_ms,
                statement=limits.statement_timeout_ms,
                idle=limits.statement_timeout_ms + GRACE_FOR_OUR_STORE_MS,
            )
        )

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
                "can read."
            ) from None
        added: dict[str, Any] = {k: text for k, text in _DEFAULTS.items() if k not in given}
        try:
            connection = psycopg.connect(
                self._dsn, prepare_threshold=None, cursor_factory=RawCursor, **added
            )
        except psycopg.Error:
            # libpq's own text names the host and the user.
            raise TargetUnreachable(
                f"Target {self._target!r} does not let the writer in: is it running, and are the "
                "write DSN's host, user and password right?"
            ) from None
        connection.isolation_level = IsolationLevel.READ_COMMITTED
        connection.read_only = False
        return connection


def _row(connection: psycopg.Connection[Any], place: Place, statement: Statement) -> Row | None:
    records = _records(connection, statement)
    return statements.read_row(place, records[0]) if records else None


def _is_there(connection: psycopg.Connection[Any], place: Place) -> bool:
    return bool(_records(connection, statements.exists(place))[0][0])


def _answered(
    connection: psycopg.Connection[Any],
    plan: RemediationPlan,
    statement: Statement | None,
    judge: Callable[[RemediationPlan, Sequence[Any]], Refusal | None],
) -> Refusal | None:
    if statement is None:
        return None
    return judge(plan, _records(connection, statement)[0])


def _records(connection: psycopg.Connection[Any], statement: Statement) -> list[tuple[Any, ...]]:
    return connection.execute(statement.sql, statement.params).fetchall()


def _unless(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise _Refused(refusal)


def _not_one(count: int) -> Refusal:
    return Refusal(
        RefusalCode.CHANGED_SINCE_PREVIEW,
        f"The statement would have changed {count} rows instead of one: rolled back.",
    )
