"""What the driver was given bounds what a request may tell, where no statement can be read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collectors.linking.violation import read_event
from collectors.model import Event, Frame, Request
from tests.unit.linking.sdk_events import event, innermost, key_of, outermost

ORG, JANE, PAYER = "org-1", "jane@example.com", "payer@example.com"


def prepared(body: dict[str, str], *given: str, module: str = "asyncpg.prepared_stmt") -> Event:
    """A prepared statement's call: its frame holds the values, and no frame the statement."""
    frames = (
        Frame(
            "create",
            "app",
            in_app=True,
            variables={"payload": {k: repr(v) for k, v in body.items()}},
        ),
        Frame("__bind_execute", module, variables={"args": [repr(one) for one in given]}),
    )
    return event(
        replace(innermost(), frames=frames), request=Request("POST", "/v1/customers/", body)
    )


@pytest.mark.parametrize(
    ("email", "given", "told"),
    [
        (JANE, (ORG, JANE), {"organization_id": ORG, "email": JANE}),
        ("Jane@Example.com", (ORG, JANE), {"organization_id": ORG, "email": "Jane@Example.com"}),
        (PAYER, (ORG, JANE), {"organization_id": ORG}),
        (PAYER, ("org-2", JANE), {}),
    ],
)
def test_only_what_was_sent_can_be_the_row(
    email: str, given: tuple[str, ...], told: dict[str, str]
) -> None:
    body = {"organization_id": ORG, "email": email}
    assert dict(key_of(read_event(prepared(body, *given))).fields) == told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"o": ORG, "e": repr(JANE)}, {"organization_id": ORG}),
        ([ORG, repr(JANE)], {"organization_id": ORG}),
        ({"o": ORG, "e": repr(PAYER)}, {"organization_id": ORG, "email": PAYER}),
    ],
    ids=["by name", "by place", "what the body says"],
)
def test_a_driver_in_c_was_given_what_its_caller_holds(given: object, told: dict[str, str]) -> None:
    """psycopg2 has no frame of its own, and its text may be cut before the key."""
    body = {"organization_id": ORG, "email": PAYER}
    calls = (Frame("create", "app", in_app=True, variables={"params": given}),)
    refused = replace(innermost(), module="psycopg2.errors", frames=calls)
    found = read_event(event(refused, request=Request("POST", "/v1/customers/", body)))
    assert {name: value for name, value in key_of(found).fields if name in body} == told


def test_a_statement_that_was_not_the_one_tells_nothing() -> None:
    """Another one's parameters, and what stands in the statement itself, beside the call's own."""
    told: dict[str, object] = {
        "query": "'INSERT INTO c (email, kind, slug) VALUES ($1, \\'vip\\', $2)'"
    }
    told |= {"args": [repr(PAYER), repr("acme")]}
    mine, driver = prepared({}, ORG, "acme").exceptions[0].frames
    frames = (replace(mine, variables=told), driver)
    found = key_of(read_event(event(replace(innermost(), frames=frames), request=None)))
    assert dict(found.fields) == {"kind": "vip", "slug": "acme"}


@pytest.mark.parametrize(
    "sent",
    [
        prepared({"email": PAYER}, *map(str, range(10))),
        prepared({"email": PAYER}),
        prepared({"email": PAYER}, JANE, module="celery.app.trace"),
    ],
    ids=["cut at ten", "none", "another package's arguments"],
)
def test_what_may_not_be_all_of_it_refutes_nothing(sent: Event) -> None:
    assert dict(key_of(read_event(sent)).fields)["email"] == PAYER


NAMED = {"username": "'jane'", "email": f"'{JANE}'"}


@pytest.mark.parametrize(
    "given",
    [
        ("sqlalchemy.engine.base", "parameters", [NAMED]),
        ("sqlalchemy.engine.default", "parameters", NAMED),
        ("sqlalchemy.engine.base", "distilled_parameters", [NAMED]),
    ],
    ids=["a list of one set", "one set", "distilled"],
)
@pytest.mark.parametrize(
    "quoted", ["", f"\n[parameters: {{'username': 'jane', 'email': '{JANE}'}}]"]
)
def test_parameters_by_name_are_what_was_sent(given: tuple[str, str, object], quoted: str) -> None:
    """As SQLAlchemy hands them to psycopg: each is a value, and not one part of a single one."""
    module, name, value = given
    tail = f"\n[SQL: INSERT INTO users (username, email) VALUES (%(username)s, %(email)s)]{quoted}"
    frames = (Frame("_exec", module, variables={name: value}),)
    refused = replace(outermost("", tail if quoted else ""), frames=frames)
    body = Request("POST", "/users", {"username": "jane", "email": PAYER})
    found = key_of(read_event(event(refused, request=body)))
    assert dict(found.fields) == {"username": "jane", "email": JANE}


CALL = "\n[SQL: SELECT create_customer($1, $2)]\n[parameters: ('org-1', 'jane@example.com')]"


@pytest.mark.parametrize(
    ("call", "email", "told"),
    [
        (CALL, "JANE@example.com", {"email": "JANE@example.com", "organization_id": ORG}),
        (CALL, PAYER, {"organization_id": ORG}),
        (CALL.replace(JANE, "x ... (9 characters truncated) ... y"), PAYER, {"email": PAYER}),
        (CALL.replace("')]", " displaying 10 of 50 total sets"), PAYER, {"email": PAYER}),
        (CALL.partition("\n[param")[0], PAYER, {"email": PAYER}),
    ],
    ids=["the same", "another", "one was cut", "not all of them", "none"],
)
def test_quoted_parameters_of_any_statement_are_what_was_sent(
    call: str, email: str, told: dict[str, str]
) -> None:
    """A function that writes the row is no INSERT to read; the request was for another address."""
    body = Request("POST", "/", {"organization_id": ORG, "email": email})
    found = key_of(read_event(event(outermost("", call), request=body)))
    assert dict(found.fields) == {"organization_id": ORG} | told


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("lower($2)", {"email": JANE}),
        ("NULLIF(trim($2), '')", {"email": JANE}),
        ("$2 || $3", {}),
        ("now()", {}),
        ("(SELECT address FROM invites LIMIT 1)", {}),
    ],
)
def test_what_a_statement_makes_of_one_parameter_a_body_may_tell(
    cell: str, told: dict[str, str]
) -> None:
    """No other column of the body: the INSERT did not write it."""
    tail = f"\n[SQL: INSERT INTO users (org, email) VALUES ($1, {cell})]"
    body = Request("POST", "/", {"email": JANE, "phone": "7"})
    quoted = outermost("", f"{tail}\n[parameters: ('{ORG}', '{JANE}')]")
    mine = Frame("create", "app", in_app=True, variables={"body": {"email": repr(JANE)}})
    quoted = replace(quoted, frames=(mine,))
    found = key_of(read_event(event(quoted, request=body)))
    assert dict(found.fields) == {"org": ORG} | told


@pytest.mark.parametrize(
    ("printed", "email", "told"),
    [
        ("org-1,Doe, Jane,jane@example.com", PAYER, {}),
        ("org-1,Doe, Jane,jane@example.com", "Jane@Example.com", {"email": "Jane@Example.com"}),
        ("org-1,Doe, Jane,Acme, Inc@example.com", "acme, inc@example.com", None),
        ("org-1,Doe, Jane,jane@example...", PAYER, {"email": PAYER}),
    ],
    ids=["another", "the same", "a comma in it", "not all of them"],
)
def test_drizzle_joins_what_was_sent_by_commas(
    printed: str, email: str, told: dict[str, str] | None
) -> None:
    """A comma in a name hides which of them is the address, but not that one of them is."""
    tail = '\nFailed query: insert into "c" ("org", "name", "email") values ($1, $2, $3)'
    failed = replace(outermost("", f"{tail}\nparams: {printed}"), type="DrizzleQueryError")
    body = Request("POST", "/", {"organization_id": ORG, "email": email})
    found = dict(key_of(read_event(event(failed, request=body))).fields)
    assert found == {"organization_id": ORG} | ({"email": email} if told is None else told)
