"""Of all that an Event quotes, what is its own failure and its own statement."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from collectors.linking import hidden
from collectors.linking.violation import read_event
from collectors.model import Event, ExceptionValue, Frame, Request
from tests.unit.linking.sdk_events import (
    CONSTRAINT,
    DETAIL,
    DUPLICATE,
    ORGANIZATION,
    adapted,
    event,
    innermost,
    key_of,
    outermost,
)

FOREIGN_KEY = ExceptionValue(
    "ForeignKeyViolation",
    "psycopg.errors",
    'insert or update on table "orders" violates foreign key constraint "orders_customer_fkey"',
)
MISSING = ExceptionValue("NoMethodError", None, "undefined method `id' for nil")
CHECK = 'new row for relation "logs" violates check constraint "logs_check"'
LOGGED = f"INFO retrying: {DUPLICATE} {DETAIL.strip()}"

FAILED_OTHERWISE = {
    "a foreign key, while a violation was handled": (
        event(innermost(), adapted(), FOREIGN_KEY),
        "foreign key violation (orders_customer_fkey)",
    ),
    "a scrubbed one": (
        event(innermost(), replace(FOREIGN_KEY, value="[Filtered]")),
        "foreign key violation",
    ),
    "a deadlock, while a violation was handled": (
        event(adapted(), ExceptionValue("OperationalError", None, "deadlock detected")),
        "deadlock",
    ),
    "another engine": (
        event(innermost(), ExceptionValue("E", None, "Duplicate entry 'x' for key 'y'")),
        "duplicate key in another engine (MySQL)",
    ),
    "a foreign key, an older error in extra": (
        event(FOREIGN_KEY, extra={"last_retry_error": f"{DUPLICATE}{DETAIL}"}),
        "foreign key violation (orders_customer_fkey)",
    ),
    "anything, a Sidekiq job's earlier error": (
        event(
            MISSING,
            contexts={
                "sidekiq": {
                    "jid": "ab12",
                    "error_class": "PG::UniqueViolation",
                    "error_message": f"{DUPLICATE}{DETAIL}",
                }
            },
        ),
        "error: NoMethodError",
    ),
    "anything, a Delayed Job's earlier error": (
        event(
            MISSING, contexts={"Delayed-Job": {"attempts": 2, "last_error": f"{DUPLICATE}{DETAIL}"}}
        ),
        "error: NoMethodError",
    ),
    "anything, a BullMQ job's earlier error": (
        event(
            MISSING, contexts={"job": {"attemptsMade": 2, "failedReason": f"{DUPLICATE}{DETAIL}"}}
        ),
        "error: NoMethodError",
    ),
    "a foreign key, an older driver's error in extra": (
        event(FOREIGN_KEY, extra={"last": {"code": "23505", "constraint": "c_key"}}),
        "foreign key violation (orders_customer_fkey)",
    ),
    "a check, an error among its parameters": (
        event(
            ExceptionValue("QueryFailedError", None, CHECK),
            extra={"parameters": json.dumps([7, f"{DUPLICATE}{DETAIL}"])},
        ),
        "check violation (logs_check)",
    ),
    "another service, a log in extra": (
        event(ExceptionValue("ReadTimeout", "httpx", "timed out"), extra={"recent_logs": LOGGED}),
        "upstream error: ReadTimeout",
    ),
    "a timeout, a log in extra": (
        event(ExceptionValue("TimeoutError", None, ""), extra={"recent_logs": LOGGED}),
        "timeout: TimeoutError",
    ),
}


@pytest.mark.parametrize(("seen", "other"), FAILED_OTHERWISE.values(), ids=FAILED_OTHERWISE.keys())
def test_an_event_is_of_the_failure_it_ended_with(seen: Event, other: str) -> None:
    failure = read_event(seen)
    assert (failure.key, failure.other) == (None, other)


@pytest.mark.parametrize(
    "seen",
    [
        event(FOREIGN_KEY, adapted()),
        event(adapted(), ExceptionValue("KeyError", None, "'customer'")),
        event(adapted(), ExceptionValue("InFailedSqlTransaction", None,
              "current transaction is aborted, commands ignored until end of block")),
        event(adapted(), FOREIGN_KEY, ExceptionValue("ExceptionGroup", None, "2 sub-exceptions")),
        event(ExceptionValue("Error", None, "409"), extra={"response": f"{DUPLICATE}{DETAIL}"}),
        event(
            adapted(),
            ExceptionValue("FlushError", None, "flush failed\n[SQL: INSERT INTO logs (a) VALUES "
                           "($1)]\n[parameters: ('violates foreign key constraint',)]"),
        ),
        event(FOREIGN_KEY, replace(adapted(), type="ForeignKeyViolation")),
    ],
    ids=["while another was handled", "not the database's", "an aborted transaction",
         "side by side", "only in extra", "told by a parameter",
         "its class says otherwise than its text"],
)  # fmt: skip
def test_what_came_of_a_violation_is_not_taken_for_another_failure(seen: Event) -> None:
    key = key_of(read_event(seen))
    assert (key.constraint, key.splits) == (CONSTRAINT, ((ORGANIZATION, "jane@example.com"),))


@pytest.mark.parametrize(
    "parent",
    [
        {
            "code": "ER_DUP_ENTRY",
            "errno": 1062,
            "sqlState": "23000",
            "sqlMessage": "Duplicate entry 'j@e.com' for key 'users.email'",
        },
        {"number": 2627, "message": "Violation of UNIQUE KEY constraint 'UQ_E'. Cannot insert it."},
    ],
    ids=["mysql", "sql server"],
)
def test_one_class_serves_several_engines_and_what_is_attached_tells_which(
    parent: dict[str, object],
) -> None:
    sequelize = "SequelizeUniqueConstraintError"
    attached = {"name": sequelize, "errors": "[Array]", "parent": parent}
    told = ExceptionValue(sequelize, None, "Validation error")
    failure = read_event(event(told, contexts={sequelize: attached}))
    assert (failure.key, failure.other) == (None, f"database error ({sequelize})")


@pytest.mark.parametrize(
    "text",
    [
        "Duplicate entry '1-j@e.com' for key 'users.uk_users_email'",
        "ORA-00001: unique constraint (APP.UK_USERS_EMAIL) violated",
    ],
)
def test_what_a_library_retells_is_of_the_engine_that_refused(text: str) -> None:
    own = ExceptionValue("SQLIntegrityConstraintViolationException", "java.sql", text)
    spring = "could not execute statement; SQL [n/a]; constraint [users.uk_users_email]"
    told = ExceptionValue("DataIntegrityViolationException", "org.springframework.dao", spring)
    assert key_of(read_event(event(told))).constraint == "uk_users_email"
    failure = read_event(event(own, told))
    assert failure.key is None
    assert str(failure.other).startswith("duplicate key in another engine")


BOSS = {"name": "T", "email": "boss@e.com", "members": [{"email": "a@e.com"}]}
SENTINEL = (
    "\n[SQL: INSERT INTO customers (id, email) SELECT p0::INTEGER, p1::VARCHAR FROM (VALUES "
    "($1, $2, 0), ($3, $4, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter]"
    "\n[parameters: (1, 'a@e.com', 2, 'b@e.com')]"
)
FRAMED = {
    "statement": "'INSERT INTO customers (id, email) VALUES ($1, $2)'",
    "parameters": ["(1, 'a@e.com')", "(2, 'b@e.com')"],
}


@pytest.mark.parametrize(
    "exceptions",
    [
        (innermost(), outermost(detail="", sql=SENTINEL)),
        (replace(innermost(), frames=(Frame("executemany", "sqlalchemy", variables=FRAMED),)),),
    ],
    ids=["sqlalchemy's insertmanyvalues", "the parameters of a frame"],
)
def test_of_several_rows_the_body_does_not_tell_which(
    exceptions: tuple[ExceptionValue, ...],
) -> None:
    key = key_of(read_event(event(*exceptions, request=Request("POST", "/v1/teams", BOSS))))
    assert (key.table, key.fields, key.doubt) == ("customers", (), hidden.SEVERAL)


AUDIT = (
    '(psycopg.errors.ForeignKeyViolation) insert or update on table "audit" violates foreign key '
    'constraint "audit_fk"\n[SQL: INSERT INTO audit (actor_id, email) VALUES ($1, $2)]\n'
    "[parameters: ('3', 'boss@e.com')]"
)
OTHER_KEY = AUDIT.replace(
    'insert or update on table "audit" violates foreign key constraint "audit_fk"',
    'duplicate key value violates unique constraint "audit_key"',
)
ROWS = (
    "\n[SQL: INSERT INTO customers (id, email) VALUES (%(id)s, %(email)s)]"
    "\n[parameters: [{'id': 1, 'email': 'a@e.com'}, {'id': 2, 'email': 'b@e.com'}]]"
)


@pytest.mark.parametrize("handled", [AUDIT, OTHER_KEY], ids=["a foreign key", "another key"])
@pytest.mark.parametrize("sql", [ROWS, ""], ids=["several rows", "no statement"])
def test_the_statement_of_an_exception_that_was_handled_is_not_the_keys(
    handled: str, sql: str
) -> None:
    variables = {"kwargs": {"email": "'boss@e.com'"}}
    inner = ExceptionValue("IntegrityError", None, handled, frames=(Frame(variables=variables),))
    seen = event(inner, outermost(detail="", sql=sql), request=None)
    key = key_of(read_event(seen))
    assert (key.constraint, key.table) == (CONSTRAINT, "customers" if sql else None)
    assert key.fields == ()


def test_the_error_of_this_attempt_is_read_out_of_what_is_attached() -> None:
    seen = event(
        ExceptionValue("CreateFailed", None, "could not create"),
        extra={"attempt": 2, "error": f"{DUPLICATE}{DETAIL}"},
    )
    assert key_of(read_event(seen)).constraint == CONSTRAINT
