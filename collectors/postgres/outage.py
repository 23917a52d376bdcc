"""What stopped a question to a Target, in one sentence without hosts, users, SQL or values.

PostgreSQL's own messages quote the offending value and libpq's name the host and the user, so
neither is ever passed on: the SQLSTATE and a few known words decide which of our sentences is said.
"""

from __future__ import annotations

import re

import psycopg

from collectors.errors import TargetUnreachable

VALUE_CLASSES = ("22", "23", "P0")
"""Data exceptions, a domain's CHECK, and what a function in an index raises by itself."""

CONFLICTS = ("40001", "40P01")
"""Serialization failure and deadlock: on a standby, the names of a recovery conflict."""

LIMITS = ("57014", "55P03")
"""statement_timeout (or somebody's cancel) and lock_timeout."""

SENTENCES = {
    "25P03": "ended our transaction by its idle_in_transaction_session_timeout",
    "25P04": "ended our transaction by its transaction_timeout",
    "28": "refused the reader's user name or password",
    "3D000": "has no database of that name",
    "53300": "has no connection left for us",
    "53": "is out of memory, disk or connections",
    "57P03": "is starting up or shutting down",
    "57P01": "ended our session: it is shutting down, or somebody ended just that",
    "57P05": "ended our session by its idle_session_timeout",
    "57P": "is shutting down or restarting",
    "57014": "cancelled a statement that took longer than its time limit",
    "55P03": "has a table locked by somebody else (a migration?)",
    "08": "lost the connection",
    "58": "reports a fault of its own storage",
    "XX": "reports an internal error of its own",
}
"""By SQLSTATE, the longest prefix first; https://www.postgresql.org/docs/current/errcodes-appendix.html"""

CONNECT_SENTENCES = (
    (r"password authentication failed|no password supplied|role .* does not exist", "28"),
    (r"database .* does not exist", "3D000"),
    (r"too many clients|remaining connection slots|too many connections", "53300"),
    (r"starting up|shutting down|not yet accepting|recovery mode", "57P03"),
)
"""libpq gives no SQLSTATE for a refused connection, only the server's text."""

CONNECT_WORDS = (
    (
        r"could not translate host name|failed to resolve|name or service not known",
        "is at an unknown host",
    ),
    (r"timeout|timed out", "did not answer in time"),
    (r"refused", "does not accept connections: it is not running, or the port is another"),
    (r"no pg_hba.conf entry", "does not let the reader in from here (pg_hba.conf)"),
    (r"certificate|ssl|tls|gss", "and we cannot agree on an encrypted connection"),
)


class StatementFailed(Exception):
    """PostgreSQL refused one statement; the Target itself is well.

    Carries the SQLSTATE and its name only. One that nobody catches is a fault of our own.
    """

    def __init__(self, sqlstate: str, condition: str) -> None:
        super().__init__(f"PostgreSQL refused a statement: {condition} ({sqlstate})")
        self.sqlstate = sqlstate
        self.condition = condition

    @property
    def blames_a_value(self) -> bool:
        """A value in it could not be cast or computed with."""
        return self.sqlstate.startswith(VALUE_CLASSES)

    @property
    def denied(self) -> bool:
        """The reader lacks a grant, or row-level security hides rows from it."""
        return self.sqlstate == "42501"


class RecoveryConflict(TargetUnreachable):
    """A standby cancelled the read in favour of its replay; asking again usually works."""


class Halted(TargetUnreachable):
    """A time limit ended one statement, on the server's clock or waiting for a lock.

    The Target is well: whoever asked several questions may go on with the others.
    """


class TableUnreadable(TargetUnreachable):
    """One table could not be asked: a grant it lacks, or a change since the catalog was read.

    The Target is well, and what is asked of its other tables stands.
    """


def explained(target: str, error: psycopg.Error) -> TargetUnreachable | StatementFailed:
    """What to raise for an error of a statement."""
    state = error.sqlstate
    if state is None and not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return StatementFailed("client side", type(error).__name__)
    if state is None:
        return TargetUnreachable(f"Target {target!r} lost the connection.")
    if state in CONFLICTS:
        return RecoveryConflict(
            f"Target {target!r} is a standby whose replay kept cancelling our reads."
        )
    if state == "08P01" and "statement pooling mode" in str(error):  # PgBouncer's, to any BEGIN
        return TargetUnreachable(
            f"Target {target!r} gives us a pool of single statements, which lets no transaction "
            "be: its DSN must lead to a pool in transaction mode."
        )
    said = _by_state(state)
    if state in LIMITS:
        return Halted(f"Target {target!r} {said}.")
    if said is None:
        return StatementFailed(state, type(error).__name__)
    return TargetUnreachable(f"Target {target!r} {said}.")


def unconnected(target: str, error: BaseException | None) -> TargetUnreachable:
    """What to raise where no connection came about."""
    state = getattr(error, "sqlstate", None)
    said = _by_state(state) if state else _by_words(str(error))
    return TargetUnreachable(f"Target {target!r} {said or 'refused the connection'}.")


def _by_state(state: str) -> str | None:
    prefixes = sorted((p for p in SENTENCES if state.startswith(p)), key=len)
    return SENTENCES[prefixes[-1]] if prefixes else None


def _by_words(message: str) -> str | None:
    for pattern, state in CONNECT_SENTENCES:
        if re.search(pattern, message, re.IGNORECASE):
            return SENTENCES[state]
    for pattern, said in CONNECT_WORDS:
        if re.search(pattern, message, re.IGNORECASE):
            return said
    return None
