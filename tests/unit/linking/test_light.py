"""When a row alone is enough, when the body is needed, and when neither is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collectors.linking.light import Need, is_wanted, read_light
from collectors.linking.violation import read_event
from collectors.model import Event, ExceptionValue, Failure, Operation, Request
from tests.factories import NOON

NAME = "customers_organization_id_external_id_key"
SAYS = f'duplicate key value violates unique constraint "{NAME}"'
DETAIL = "DETAIL:  Key (organization_id, external_id)=(o-1, acme-7) already exists."
SQL = (
    "[SQL: INSERT INTO customers (organization_id, external_id) VALUES (%(o)s, %(e)s)]\n"
    "[parameters: {'o': 'o-1', 'e': 'acme-7'}]\n"
    "(Background on this error at: https://sqlalche.me/e/20/gkpj)"
)
WHOLE = f"(psycopg.errors.UniqueViolation) {SAYS}\n{DETAIL}\n{SQL}"


def row(*values: str, kind: str | None = "IntegrityError", **facts: object) -> Event:
    event = Event(
        "a" * 32,
        NOON,
        exceptions=tuple(ExceptionValue(kind, None, value) for value in values),
        light=True,
    )
    return replace(event, **facts)  # type: ignore[arg-type]


ENOUGH = {
    "one exception": row(WHOLE),
    "a chain": row(f"{SAYS}\n{DETAIL}", WHOLE),
    "a chain in another order": row(WHOLE, f"{SAYS}\n{DETAIL}"),
    "asyncpg's three": row(SAYS, DETAIL.removeprefix("DETAIL:  "), WHOLE),
}


@pytest.mark.parametrize("event", ENOUGH.values(), ids=ENOUGH)
def test_a_whole_key_with_its_statement_is_enough(event: Event) -> None:
    failure = read_light(event)
    assert isinstance(failure, Failure)
    assert failure.key is not None
    assert failure.key.splits == (("o-1", "acme-7"),)
    assert failure.key.table == "customers"
    assert failure.operation is Operation.CREATE
    assert failure == read_event(event)


OTHER = WHOLE.replace(NAME, "another_key")
NEEDS_BODY = {
    "no DETAIL": row(f"{SAYS}\n{SQL}"),
    "no statement": row(f"{SAYS}\n{DETAIL}"),
    "a value cut by the SDK": row(WHOLE[:150] + "..."),
    "another value of the chain cut": row("a long story...", WHOLE),
    "a hidden value": row(WHOLE.replace("acme-7", "[Filtered]")),
    "a tuple that splits in two ways": row(WHOLE.replace("o-1, acme-7)", "o-1, acme, 7)")),
    "two keys, and their order unknown": row(OTHER, WHOLE),
    "two tuples of the same key": row(f"{SAYS}\n{DETAIL.replace('acme-7', 'acme-8')}", WHOLE),
    "texts that do not belong to types": row(WHOLE, "…", kind=None),
    "rewritten by the application": row("Gift_card with code X already exists."),
    "only the class tells": row("sorry", kind="UniqueViolation"),
    "a failed write without any sign": row("boom", transaction="shop.customer.create"),
    "a POST without any sign": row("boom", request=Request("POST", "/customers")),
    "another failed statement": row(f"deadlock detected\n{SQL}", transaction="nightly"),
    "an id and nothing else": row(),
    "a message that tells of one": row(message=SAYS),
}


@pytest.mark.parametrize("event", NEEDS_BODY.values(), ids=NEEDS_BODY)
def test_what_a_row_cannot_prove_needs_the_body(event: Event) -> None:
    assert read_light(event) is Need.BODY


NOTHING = {
    "a read that failed": row("timeout", transaction="GET /health", request=Request("GET")),
    "a job without a word of writing": row("division by zero", transaction="nightly"),
    "a logged message": row(message="the cache is cold"),
}


@pytest.mark.parametrize("event", NOTHING.values(), ids=NOTHING)
def test_what_is_no_failed_write_costs_no_body(event: Event) -> None:
    assert read_light(event) is Need.NOTHING
    assert not is_wanted(read_event(event))


def test_an_event_that_nobody_can_read_is_wanted() -> None:
    assert is_wanted(read_event(row("x", oddity="It was cut.")))
