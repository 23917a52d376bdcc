"""A write that was tried again: what it wrote in the end, and never what it tried first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collectors.linking import hidden
from collectors.linking.violation import read_event, read_text
from collectors.model import ExceptionValue, Frame, ValueSource
from tests.unit.linking.sdk_events import (
    CONSTRAINT,
    DUPLICATE,
    adapted,
    event,
    innermost,
    key_of,
    outermost,
)

INSERT = "'INSERT INTO customers (organization_id, email) VALUES ($1, $2)'"
ORDERS = 'duplicate key value violates unique constraint "orders_no_key"'
BODY = {"organization_id": "'org-1'", "email": "'first@e.com'"}


def tried(email: str, **variables: object) -> ExceptionValue:
    """The driver's error of one attempt, its own frame with the statement it ran."""
    ran = {"query": INSERT, "args": ["'org-1'", f"'{email}'"]} if email else {}
    frames = (
        Frame("create", "app", in_app=True, variables=variables),
        Frame("_execute", "asyncpg.connection", variables=ran),
    )
    return replace(innermost(), frames=frames)


def test_the_parameters_are_those_of_the_last_attempt() -> None:
    key = key_of(read_event(event(tried("first@e.com"), tried("second@e.com"), request=None)))
    assert dict(key.fields) == {"organization_id": "org-1", "email": "second@e.com"}
    assert key.source is ValueSource.PARAMETERS


@pytest.mark.parametrize(
    "last",
    [tried("", payload=BODY), replace(tried(""), frames=())],
    ids=["a body in a frame", "the request"],
)
def test_what_was_sent_is_what_was_tried_first(last: ExceptionValue) -> None:
    key = key_of(read_event(event(tried("first@e.com"), last)))
    assert (key.fields, key.doubt) == ((), hidden.AGAIN)


def test_a_later_error_raised_from_an_earlier_one_is_the_later_try() -> None:
    """`raise error from first` puts the first in the place of what `error` itself wraps."""
    bare = outermost(detail="", sql="")
    mine = Frame("create", "app", in_app=True, variables={"first": "IntegrityError()"})
    chain = (tried("first@e.com"), adapted(detail=""), bare, replace(bare, frames=(mine,)))
    key = key_of(read_event(event(*chain)))
    assert (key.fields, key.doubt) == ((), hidden.AGAIN)


def test_tasks_that_failed_together_are_no_attempts() -> None:
    """As Sentry lists a group: the driver's error of one task, that of another, the group."""
    group = ExceptionValue("ExceptionGroup", None, "unhandled errors in a TaskGroup")
    beside = replace(tried(""), frames=())
    key = key_of(read_event(event(tried("first@e.com"), beside, group)))
    assert (key.fields, key.doubt) == ((), hidden.TOGETHER)


def test_an_attempt_on_another_key_says_nothing_of_this_one() -> None:
    other = replace(tried("first@e.com"), value=ORDERS)
    key = key_of(read_event(event(other, replace(tried(""), frames=()))))
    assert (key.constraint, dict(key.fields)) == (CONSTRAINT, {"email": "Jane@example.com"})


def test_one_attempt_that_libraries_tell_again_is_one() -> None:
    bare = outermost(detail="", sql="")
    chain = (tried("first@e.com"), adapted(detail=""), bare, replace(bare, module="app"))
    assert dict(key_of(read_event(event(*chain))).fields)["email"] == "first@e.com"


@pytest.mark.parametrize(
    ("types", "again"),
    [
        (("error", "error"), True),
        (("PDOException", "QueryException", "PDOException", "QueryException"), True),
        (("error", "DatabaseError", "DatabaseError"), False),
        (("Error", "Error", "Error"), False),
        (("*pq.Error", "*fmt.wrapError", "*fmt.wrapError"), False),
    ],
    ids=["node", "php", "wrapped twice", "errors of no class", "go, wrapped twice"],
)
def test_the_drivers_class_tells_attempts_where_there_are_no_modules(
    types: tuple[str, ...], again: bool
) -> None:
    chain = (ExceptionValue(one, None, DUPLICATE) for one in types)
    key = key_of(read_event(event(*chain)))
    assert key.constraint == CONSTRAINT
    assert (key.doubt == hidden.AGAIN) is again
    assert bool(key.fields) is not again


AGAIN = "\n\nDuring handling of the above exception, another exception occurred:\n\n"
RETOLD = "\n\nThe above exception was the direct cause of the following exception:\n\n"
FOREIGN = 'insert or update on table "orders" violates foreign key constraint "orders_fk"'


def traceback(error: str, detail: str = "") -> str:
    head = 'Traceback (most recent call last):\n  File "/app/main.py", line 7, in create\n'
    return f"{head}psycopg.errors.UniqueViolation: {error}{detail}"


def detail(email: str) -> str:
    return f"\nDETAIL:  Key (email)=({email}) already exists."


JAVA = f"""app.NotCreated: could not create it
\tat app.Customers.create(Customers.java:12)
\tSuppressed: org.postgresql.util.PSQLException: ERROR: {DUPLICATE}
  Detail: Key (email)=(a@e.com) already exists.
\t\tat org.postgresql.core.v3.QueryExecutorImpl.receive(QueryExecutorImpl.java:2713)
\t\t... 12 more
\tCaused by: app.Early: Key (email)=(a@e.com) already exists.
\t\t... 13 more
Caused by: org.postgresql.util.PSQLException: ERROR: {DUPLICATE}
  Detail: Key (email)=(b@e.c) already exists.
\tat org.postgresql.core.v3.QueryExecutorImpl.receive(QueryExecutorImpl.java:2713)
\t... 99 common frames omitted"""


@pytest.mark.parametrize(
    ("text", "constraint", "values"),
    [
        (traceback(ORDERS) + AGAIN + traceback(DUPLICATE), CONSTRAINT, None),
        (traceback(ORDERS, detail("a@e.com")) + AGAIN + traceback(DUPLICATE), CONSTRAINT, None),
        (
            traceback(DUPLICATE, detail("a@e.com")) + AGAIN + traceback(DUPLICATE, detail("b@e.c")),
            CONSTRAINT,
            "b@e.c",
        ),
        (
            traceback(DUPLICATE, detail("a@e.com")) + RETOLD + traceback(DUPLICATE),
            CONSTRAINT,
            "a@e.com",
        ),
        (
            traceback(DUPLICATE, detail("a@e.com")) + AGAIN + traceback(DUPLICATE),
            CONSTRAINT,
            "a@e.com",
        ),
        (
            traceback(DUPLICATE, detail("a@e.com")) + AGAIN + "app.CustomerExists: customer exists",
            CONSTRAINT,
            "a@e.com",
        ),
        (JAVA, CONSTRAINT, "b@e.c"),
        (JAVA.replace("\n", "\\n").replace("\t", "\\t"), CONSTRAINT, "b@e.c"),
    ],
    ids=["another key", "another key without values", "the same key", "retold", "retold in words",
         "an error of the application", "beside what Java suppressed", "the same in a log"],
)  # fmt: skip
def test_a_printed_chain_is_of_the_error_it_ends_with(
    text: str, constraint: str, values: str | None
) -> None:
    key = read_text(f"org: acme\n{text}\n").key
    assert key is not None
    assert (key.constraint, key.splits) == (constraint, ((values,),) if values else ())


def test_a_printed_chain_that_ends_otherwise_is_of_no_key() -> None:
    last = "psycopg.errors.ForeignKeyViolation: " + FOREIGN
    reading = read_text(traceback(DUPLICATE, detail("a@e.com")) + AGAIN + last)
    assert (reading.kind, reading.key) == ("other_database_error", None)


def test_whom_a_ticket_names_before_the_traceback_is_still_named() -> None:
    reading = read_text(f"org: acme\n{traceback(ORDERS)}{AGAIN}{traceback(DUPLICATE)}")
    assert ("organization", "acme") in {(one.kind, one.value) for one in reading.identifiers}
