"""One sentence for whatever stopped a question, with nobody's secrets in it."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from collectors.errors import TargetUnreachable
from collectors.postgres.engine import too_old
from collectors.postgres.outage import (
    Halted,
    RecoveryConflict,
    StatementFailed,
    explained,
    unconnected,
)


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        (
            errors.AdminShutdown("x"),
            "ended our session: it is shutting down, or somebody ended just that",
        ),
        (errors.IdleSessionTimeout("x"), "ended our session by its idle_session_timeout"),
        (errors.CrashShutdown("x"), "is shutting down or restarting"),
        (errors.CannotConnectNow("x"), "is starting up or shutting down"),
        (errors.TooManyConnections("x"), "has no connection left for us"),
        (errors.OutOfMemory("x"), "is out of memory, disk or connections"),
        (
            errors.IdleInTransactionSessionTimeout("x"),
            "ended our transaction by its idle_in_transaction_session_timeout",
        ),
        (errors.IoError("x"), "reports a fault of its own storage"),
        (psycopg.OperationalError("server at 10.0.0.5 closed"), "lost the connection"),
        (psycopg.InterfaceError("the connection is closed"), "lost the connection"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_an_outage_makes_the_target_unreachable(cause: psycopg.Error, sentence: str) -> None:
    said = explained("shop", cause)
    assert type(said) is TargetUnreachable
    assert str(said) == f"Target 'shop' {sentence}."
    assert not said.permanent


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        (errors.QueryCanceled("x"), "cancelled a statement that took longer than its time limit"),
        (errors.LockNotAvailable("x"), "has a table locked by somebody else (a migration?)"),
    ],
    ids=["time limit", "locked"],
)
def test_one_question_that_took_too_long_is_no_outage_for_the_others(
    cause: psycopg.Error, sentence: str
) -> None:
    said = explained("shop", cause)
    assert type(said) is Halted
    assert str(said) == f"Target 'shop' {sentence}."


@pytest.mark.parametrize("cause", [errors.SerializationFailure("x"), errors.DeadlockDetected("x")])
def test_a_recovery_conflict_may_be_asked_again(cause: psycopg.Error) -> None:
    assert isinstance(explained("shop", cause), RecoveryConflict)


@pytest.mark.parametrize(
    ("cause", "blames_a_value"),
    [
        (errors.InvalidTextRepresentation("not a uuid: jane@e.com"), True),
        (errors.CheckViolation("jane@e.com"), True),
        (errors.RaiseException("jane@e.com"), True),
        (errors.InsufficientPrivilege("jane@e.com"), False),
        (errors.UndefinedColumn("jane@e.com"), False),
        (psycopg.DataError("jane@e.com"), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_a_refused_statement_is_not_an_outage(cause: psycopg.Error, blames_a_value: bool) -> None:
    said = explained("shop", cause)
    assert isinstance(said, StatementFailed)
    assert said.blames_a_value == blames_a_value
    assert "jane" not in str(said)


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (
            'connection to server at "10.0.0.5", port 5432 failed: FATAL:  password authentication'
            ' failed for user "reader"',
            "refused the reader's user name or password",
        ),
        ('FATAL:  role "reader" does not exist', "refused the reader's user name or password"),
        ('FATAL:  database "shop" does not exist', "has no database of that name"),
        ("FATAL:  sorry, too many clients already", "has no connection left for us"),
        ("FATAL:  the database system is starting up", "is starting up or shutting down"),
        (
            "failed to resolve host 'db.internal': Name or service not known",
            "is at an unknown host",
        ),
        ("connection timeout expired", "did not answer in time"),
        (
            'connection to server at "10.0.0.5", port 5432 failed: Connection refused',
            "does not accept connections: it is not running, or the port is another",
        ),
        (
            'FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "reader"',
            "does not let the reader in from here (pg_hba.conf)",
        ),
        (
            "server does not support SSL, but SSL was required",
            "and we cannot agree on an encrypted connection",
        ),
        ("FATAL:  etwas ganz anderes", "refused the connection"),
    ],
)
def test_a_connection_that_did_not_come_about(message: str, sentence: str) -> None:
    said = unconnected("shop", psycopg.OperationalError(message))
    assert str(said) == f"Target 'shop' {sentence}."


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (140012, "Target 'shop' runs PostgreSQL 14.12; Tombstone needs 15 or newer."),
        (150000, None),
        (180006, None),
    ],
)
def test_servers_below_15_are_refused_in_one_line(number: int, sentence: str | None) -> None:
    assert too_old("shop", number, "14.12") == sentence
