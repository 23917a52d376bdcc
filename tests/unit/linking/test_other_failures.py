"""Failures that are no unique violation, in words that hold no customer data."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collectors.linking.other import describe, other_engine
from collectors.linking.violation import read_event
from collectors.model import Event, ExceptionValue

NOW = datetime(2025, 6, 1, tzinfo=UTC)


def failed(type_: str | None, value: str = "", module: str | None = None) -> Event:
    return Event("e" * 32, NOW, exceptions=(ExceptionValue(type_, module, value),))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            failed(
                "IntegrityError",
                'insert or update on table "customers" violates foreign key constraint '
                '"customers_organization_id_fkey"\n'
                "DETAIL:  Key (organization_id)=(7) is not present",
            ),
            "foreign key violation (customers_organization_id_fkey)",
        ),
        (
            failed(
                "NotNullViolationError", 'null value in column "e" violates not-null constraint'
            ),
            "not-null violation",
        ),
        (
            failed("E", 'new row for relation "c" violates check constraint "c_email_check"'),
            "check violation (c_email_check)",
        ),
        (
            failed("E", 'conflicting key value violates exclusion constraint "booking_excl"'),
            "exclusion violation (booking_excl)",
        ),
        (
            failed("UniqueViolationError", 'could not create unique index "x_key"'),
            "unique index could not be built",
        ),
        (
            failed("IntegrityError", "Duplicate entry 'j@e.com' for key 'customers.email'"),
            "duplicate key in another engine (MySQL)",
        ),
        (failed("DeadlockDetectedError", "deadlock detected"), "deadlock"),
        (
            failed("QueryCanceledError", "canceling statement due to statement timeout"),
            "statement timeout",
        ),
        (failed("ForeignKeyViolationError", "[Filtered]"), "foreign key violation"),
        (failed("NotNullViolation", "[Filtered]"), "not-null violation"),
        (failed("ReadTimeout", "", "httpx"), "upstream error: ReadTimeout"),
        (failed("ConnectTimeout", "", "requests.exceptions"), "upstream error: ConnectTimeout"),
        (failed("APIConnectionError", "", "stripe"), "upstream error: APIConnectionError"),
        (failed("TimeoutError"), "timeout: TimeoutError"),
        (failed("ValueError", "bad address j@e.com"), "error: ValueError"),
        (failed("j@e.com is bad"), "error: unknown"),
        (failed(None), "error: unknown"),
        (Event("e" * 32, NOW), "an event without an exception"),
        (Event("e" * 32, NOW, message="deadlock detected"), "deadlock"),
    ],
)
def test_a_few_words_say_what_it_was(event: Event, words: str) -> None:
    assert describe(event) == words


def test_an_upstream_error_is_seen_through_its_wrapper() -> None:
    chain = (ExceptionValue("ReadTimeout", "httpx"), ExceptionValue("TaxCalculationError", "shop"))
    assert describe(Event("e" * 32, NOW, exceptions=chain)) == "upstream error: ReadTimeout"


def test_the_drivers_code_tells_where_the_text_does_not() -> None:
    contexts = {"QueryFailedError": {"code": "23503", "constraint": "customers_org_fkey"}}
    failure = read_event(Event("e" * 32, NOW, contexts=contexts))
    assert failure.key is None
    assert failure.other == "foreign key violation (customers_org_fkey)"


def test_a_customers_address_never_reaches_the_words() -> None:
    text = 'violates foreign key constraint "jane@example.com"'
    assert "jane" not in describe(failed("jane@example.com", text))


def test_postgresql_is_no_other_engine() -> None:
    assert other_engine('duplicate key value violates unique constraint "x"') is None
