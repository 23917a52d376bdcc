"""Column values from request bodies and frame variables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.linking.bodies import from_request
from collectors.linking.entities import subject_of
from collectors.linking.frames import from_frames
from collectors.linking.leaves import chosen, leaves
from collectors.linking.literals import UNKNOWN
from collectors.linking.violation import read_event
from collectors.model import Event, ExceptionValue, Frame, Request, ViolatedKey

NOW = datetime(2025, 6, 1, tzinfo=UTC)


def posted(body: object) -> Event:
    return Event("e" * 32, NOW, request=Request("POST", "/v1/customers/", body))


def framed(*frames: dict[str, Any]) -> Event:
    stack = tuple(Frame(variables=variables, in_app=True) for variables in frames)
    return Event("e" * 32, NOW, exceptions=(ExceptionValue(type="IntegrityError", frames=stack),))


DEPTH = range(1_200)
MULTIPART = (
    '------X\r\nContent-Disposition: form-data; name="logo"; filename="x.png"\r\n'
    "Content-Type: image/png\r\n\r\nPNG\r\n"
    '------X\r\nContent-Disposition: form-data; name="customer[external_id]"\r\n\r\nacct-7\r\n'
)


@pytest.mark.parametrize(
    "body",
    [
        {"external_id": "acct-7"},
        {"externalId": "acct-7"},
        {"customer": {"ExternalID": "acct-7"}},
        {"data": {"attributes": {"external-id": "acct-7"}}},
        [{"external_id": "acct-7"}],
        '{"external_id": "acct-7", "name": "cut he',
        "external_id=acct-7&name=J",
        "utf8=%E2%9C%93&authenticity_token=x&customer%5Bexternal_id%5D=acct-7&commit=Save",
        "utf8=%E2%9C%93&user[external_id]=acct-7&user[address][city]=Lyon&commit=Save",
        {"_token": "x", "user[external_id]": "acct-7", "user[name]": "J"},
        "customers[][external_id]=acct-7&customers[][name]=J",
        f"{MULTIPART}------X--\r\n",
        f'{MULTIPART}------X\r\nContent-Disposition: form-data; name="name"\r\n\r\nJ. was cu',
    ],
    ids=["same", "camel", "nested", "json api", "list", "cut json", "form", "rails",
         "rails, a user", "php, decoded", "a form's list", "multipart", "multipart, cut"],
)  # fmt: skip
def test_a_body_meets_the_column_whatever_its_style(body: object) -> None:
    assert from_request(posted(body), ("external_id",)) == {"external_id": "acct-7"}


@pytest.mark.parametrize(
    "body",
    [
        {"external_id": "[Filtered]"},
        {"external_id": "***"},
        {"external_id": "acct…"},
        {"external_id": {"nested": 1}},
        {"a": {"external_id": "x"}, "b": {"external_id": "y"}},
        [{"external_id": "x"}, {"external_id": "y"}],
        {"user": {"external_id": "x"}, "plan": 1},
        {"user": {"external_id": "x"}, "billing": {"external_id": "y"}},
        {"externalId": "x", "ExternalID": "y"},
        "a[external_id]=x&b[external_id]=y",
        "c[][external_id]=x&c[][external_id]=y",
        "external_id=x&external_id=y",
        MULTIPART,
        "--\nContent-Disposition: form-data",
        "".join(f"--{n}\nContent-Type: multipart/form-data; boundary={n + 1}\n\n" for n in DEPTH),
        {"user[external_id]": "x", "plan": 1},
        "plain text",
        None,
        7,
    ],
    ids=[
        "filtered", "stars", "cut", "an object", "two", "two rows", "the user", "a user or another",
        "two styles",
        "a form's two", "a form's two rows", "a form's name twice", "multipart, cut in it",
        "a broken form", "forms in forms", "a form's user",
        "text", "none", "number",
    ],
)  # fmt: skip
def test_what_is_hidden_cut_or_ambiguous_is_unknown(body: object) -> None:
    assert from_request(posted(body), ("external_id",)) == {}


@pytest.mark.parametrize(
    "name",
    [
        "createdBy", "created_by", "createdByUser", "created_by_user", "invitedByAdmin", "sentBy",
        "from", "by", "replyTo", "accountOwner", "account_manager", "ownerUser", "senderInfo",
        "sender_details", "currentUser", "loggedInUser", "authenticated_user", "authSubject",
        "approver", "supervisor", "requestor", "me", "adminContact",
    ],
)  # fmt: skip
def test_whoever_acts_is_nobodys_key(name: str) -> None:
    body = {"team": "T", name: {"email": "boss@e.com"}}
    assert from_request(posted(body), ("email",)) == {}


@pytest.mark.parametrize(
    "name",
    ["customer", "contractor", "new_user", "merchantCustomer", "ownedAssets", "contact", "profile",
     "recipient", "member", "account", "baby", "fromage", "data"],
)  # fmt: skip
def test_whom_the_row_is_about_is_read(name: str) -> None:
    body = {"team": "T", name: {"email": "jane@e.com"}}
    assert from_request(posted(body), ("email",)) == {"email": "jane@e.com"}


CLAIMS: dict[str, dict[str, Any]] = {
    "a token's claims": {
        "payload": {"sub": "'42'", "email": "'boss@e.com'", "iat": "1748772000"},
    },
    "quoted names": {"payload": {"'sub'": "'42'", "'email'": "'boss@e.com'", "'exp'": "1"}},
    "its repr": {"payload": "{'email': 'boss@e.com', 'exp': 1748775600}"},
    "an object's": {"payload": "TokenPayload(sub='42', email='boss@e.com', exp=1748775600)"},
    "inside a body": {"data": {"caller": {"iss": "x", "sub": "42", "email": "boss@e.com"}}},
    "token_data": {"token_data": "TokenData(email='boss@e.com', scopes=['a'])"},
    "access_token_payload": {"access_token_payload": {"email": "boss@e.com"}},
    "session_data": {"session_data": {"'email'": "'boss@e.com'"}},
    "auth_payload": {"auth_payload": {"email": "boss@e.com"}},
    "current_user_data": {"current_user_data": {"email": "boss@e.com"}},
    "request_user_data": {"request_user_data": {"email": "boss@e.com"}},
    "created_by_data": {"created_by_data": {"email": "boss@e.com"}},
    "sender_payload": {"sender_payload": {"email": "boss@e.com"}},
}


@pytest.mark.parametrize("variables", CLAIMS.values(), ids=CLAIMS.keys())
def test_a_token_tells_who_called(variables: dict[str, Any]) -> None:
    assert from_frames(framed(variables), ("email",)) == {}
    assert from_frames(framed(variables), ()) == {}


@pytest.mark.parametrize(
    "variables",
    [
        {"session_create": "SessionCreate(email='jane@e.com')"},
        {"create_token": {"email": "'jane@e.com'"}},
        {"user_in": "UserIn(email='jane@e.com')"},
        {"author_payload": {"email": "jane@e.com"}},
        {"payload": {"email": "jane@e.com", "exp": "'12/27'"}},
        {"obsession_data": {"email": "jane@e.com"}},
    ],
    ids=["a session is made", "a token is made", "a user", "an author", "a card", "some word"],
)
def test_what_is_only_named_like_a_token_is_read(variables: dict[str, Any]) -> None:
    assert from_frames(framed(variables), ("email",)) == {"email": "jane@e.com"}


def test_the_shallowest_name_counts() -> None:
    body = {"email": "j@e.com", "billing": {"email": "office@e.com"}}
    assert from_request(posted(body), ("email",)) == {"email": "j@e.com"}


OTHERS: dict[str, dict[str, Any]] = {
    "a plan's id": {"email": "j@e.com", "plan": {"id": 7}},
    "ids in a list": {"email": "j@e.com", "tags": [{"id": 7}]},
    "a plan's inner id": {"email": "j@e.com", "plan": {"data": {"id": 7}}},
    "an organization's name": {"label": "x", "organization": {"name": "red"}},
    "nested attributes": {"email": "j@e.com", "address_attributes": {"name": "red"}},
    "a form's": {"email": "j@e.com", "plan[id]": "7"},
}


@pytest.mark.parametrize("body", OTHERS.values(), ids=OTHERS.keys())
def test_another_entitys_id_or_name_is_not_the_rows(body: dict[str, Any]) -> None:
    assert from_request(posted(body), ("id", "name"), "customers_pkey") == {}


@pytest.mark.parametrize(
    "name",
    ["customer", "customers", "newCustomer", "customerInput", "create_customer_input", "data",
     "attributes", "input", "kwargs", "object", "shopCustomer"],
)  # fmt: skip
def test_the_rows_own_id_and_name_are_read_wherever_they_stand(name: str) -> None:
    body = {"team": "T", name: {"id": 7, "name": "red"}}
    found = from_request(posted(body), ("id", "name"), "customers_pkey")
    assert found == {"id": "7", "name": "red"}


AROUND_A_CUSTOMER: dict[str, dict[str, Any]] = {
    "an order's, flat": {"email": "x@e.com", "customer": {"email": "j@e.com"}},
    "an order's, nested": {"t": 1, "order": {"email": "x@e.com", "customer": {"email": "j@e.com"}}},
    "in another style": {"E-Mail": "x@e.com", "newCustomer": {"email": "j@e.com"}},
    "hidden in the customer": {"email": "x@e.com", "customer": {"email": "[Filtered]"}},
    "two customers": {
        "order": {"email": "j@e.com", "customers": [{"email": "j@e.com"}, {"email": "x@e.com"}]}
    },
    "one of the rows to be made": {"email": "x@e.com", "items": [{"email": "j@e.com"}]},
    "the row's own object": {"email": "x@e.com", "data": {"email": "j@e.com"}},
    "hidden in the customer beside": {"a": {"email": "x@e.com"}, "customer": {"email": "***"}},
    "two objects of others": {"a": {"email": "x@e.com"}, "b": {"email": "y@e.com"}},
}


@pytest.mark.parametrize("body", AROUND_A_CUSTOMER.values(), ids=AROUND_A_CUSTOMER.keys())
def test_what_stands_around_a_customer_and_differs_is_no_answer(body: dict[str, Any]) -> None:
    assert from_request(posted(body | {"x": 1}), ("email",), "customers") == {}


def test_what_stands_around_a_customer_and_agrees_or_is_anothers_is_one() -> None:
    body = {"order": {"email": "j@e.com"}, "customer": {"email": "j@e.com"}}
    linked = {"email": "j@e.com", "linked_customer": {"email": "x@e.com"}}
    plan = {"email": "j@e.com", "plan": {"data": {"email": "x@e.com"}}}
    beside = {"invoice": {"E-Mail": "x@e.com"}, "customer": {"email": "j@e.com"}}
    alone = {"invoice": {"email": "j@e.com"}, "customer": {"name": "J"}}
    for one in (body, linked, plan, beside, alone):
        assert from_request(posted(one), ("email",), "customers") == {"email": "j@e.com"}


def test_a_variable_named_after_another_entity_holds_its_attributes() -> None:
    variables = {
        "plan_data": {"id": "7", "email": "'j@e.com'"},
        "plan_in": "PlanIn(id=7, name='red')",
    }
    found = from_frames(framed(variables), ("id", "name", "email"), "customers")
    assert found == {"email": "j@e.com"}


def test_a_plural_is_the_same_entity() -> None:
    body = {"team": "T", "category": {"name": "red"}}
    assert from_request(posted(body), ("name",), "categories") == {"name": "red"}


@pytest.mark.parametrize(
    ("subject", "known"),
    [
        ("team_members", None),
        ("org_member_org_id_email_key", None),
        ("crm_team_member", None),
        ("orders_member_id_email_key", "boss@e.com"),
        ("customers", "boss@e.com"),
    ],
)
def test_whose_email_a_body_of_several_means(subject: str, known: str | None) -> None:
    """A table is often called by what stands around it first, and by what it is of last."""
    body = {"email": "boss@e.com", "name": "T", "members": [{"email": "j@e.com"}]}
    assert from_request(posted(body), ("email",), subject).get("email") == known
    alone = {"name": "T", "members": [{"email": "j@e.com"}]}
    assert from_request(posted(alone), ("email",), subject) == {"email": "j@e.com"}


@pytest.mark.parametrize(
    ("constraint", "table", "told"),
    [
        ("customers_pkey", None, "customers_pkey"),
        ("ix_customers_email", None, "customers_email"),
        ("UQ_member_org", None, "member_org"),
        ("UQ_97672ac88f789774dd47f7c8be3", None, ""),
        ("uniq_81398e09e7927c74", "public.users", "users"),
        (None, "Customer", "customer"),
        (None, 'crm."OrgMember"', "org_member"),
        (None, None, ""),
    ],
)
def test_what_a_key_is_of(constraint: str | None, table: str | None, told: str) -> None:
    assert subject_of(ViolatedKey(constraint=constraint, table=table)) == told


@pytest.mark.parametrize("new", ["newEmail", "new_email", "updated-email", "nextEmail"])
def test_a_value_that_is_to_be_replaced_is_not_the_one_that_was_written(new: str) -> None:
    body = {"email": "old@e.com", "plan": "x"}
    assert from_request(posted(body | {new: "n@e.com"}), ("email", "plan")) == {"plan": "x"}
    assert from_request(posted(body | {new: "old@e.com"}), ("email",)) == {"email": "old@e.com"}


def test_no_deeper_value_takes_the_place_of_a_hidden_one() -> None:
    body = {"email": "[Filtered]", "billing": {"email": "office@e.com", "E-Mail": "x@e.com"}}
    assert from_request(posted(body), ("email",)) == {}


def test_a_body_that_is_one_object_is_read_whatever_it_is_called() -> None:
    assert from_request(posted({"user": {"email": "j@e.com"}}), ("email",)) == {"email": "j@e.com"}


def test_an_exact_name_goes_before_one_that_sounds_alike() -> None:
    assert chosen({"userId": "1", "user_id": "2"}, ("user_id",)) == {"user_id": "2"}


def test_nulls_and_truth_values_are_values() -> None:
    body = {"email": None, "has_account": True, "seats": 3}
    assert leaves(body) == {"email": None, "has_account": "t", "seats": "3"}


def test_secrets_are_never_kept_when_the_columns_are_unknown() -> None:
    body = {
        "email": "j@e.com", "password": "hunter2", "newPassword": "x", "api_key": "k",
        "apiKey": "k", "access_token": "t", "card": "4242", "cvc": "123", "client_secret": "s",
        "iban": "DE1", "authorization": "Bearer", "pin": "1234",
    }  # fmt: skip
    assert from_request(posted(body), ()) == {"email": "j@e.com"}


@pytest.mark.parametrize(
    "variables",
    [
        {"kwargs": {"external_id": "'acct-7'"}},
        {"body": {"externalId": "acct-7"}},
        {"json_body": "{'external_id': 'acct-7'}"},
        {"customer_create": "CustomerCreate(metadata={'a': 1}, external_id='acct-7', x=None)"},
        {"payload": "external_id='acct-7' name=None"},
        {"values": {"customer_create": "CustomerCreate(external_id='acct-7')"}},
        {"distilled_parameters": [{"'external_id'": "'acct-7'"}]},
        {"parameters": {"external_id": "'acct-7'"}},
        {
            "statement": "'INSERT INTO customers (id, external_id) VALUES ($1::UUID, $2)'",
            "parameters": ["UUID('0d9e2c1a-7b54-4e0e-9a51-3f6f1c2b7a10')", "'acct-7'"],
        },
        {
            "statement": "INSERT INTO c (external_id) VALUES ($1)" + " " * 5_000,
            "parameters": ["'acct-7'"],
        },
        {
            "operation": "INSERT INTO customers (external_id) VALUES ($1)",
            "parameters": "('acct-7',)",
        },
        {"query": "insert into c (external_id) values ($1)", "args": ["'acct-7'"]},
        {"createCustomerDto": {"externalId": "acct-7"}},
        {"requestBody": {"externalId": "acct-7"}, "data": {"externalId": " ACCT-7"}},
        {"data": {"external_id": "'x'"}, "parameters": {"external_id": "'acct-7'"}},
    ],
    ids=[
        "kwargs", "body", "repr of a mapping", "repr of a model", "pydantic's str",
        "endpoint values", "distilled", "named", "positional", "a long statement",
        "one text", "args", "camel case", "two that are alike", "a statement's beside a body",
    ],
)  # fmt: skip
def test_frame_variables_hold_the_value(variables: dict[str, Any]) -> None:
    assert from_frames(framed(variables), ("external_id",)) == {"external_id": "acct-7"}


@pytest.mark.parametrize(
    "variables",
    [
        {"user": {"external_id": "'x'"}},
        {"auth_subject": "AuthSubject(external_id='x')"},
        {"external_id": "'x'"},
        {"customer": "<Customer external_id='x'>"},
        {"kwargs": {"current_user": {"external_id": "'x'"}}},
        {"distilled_parameters": [{"external_id": "'x'"}, {"external_id": "'y'"}]},
        {"body": "'[Filtered]'"},
        {"currentUserData": {"external_id": "'x'"}},
    ],
    ids=[
        "user", "subject", "some local", "some object", "user inside", "two rows", "filtered",
        "user in camel case",
    ],
)  # fmt: skip
def test_variables_that_may_be_about_somebody_else_are_not_read(variables: dict[str, Any]) -> None:
    assert from_frames(framed(variables), ("external_id",)) == {}


def test_the_innermost_frame_counts() -> None:
    event = framed({"body": {"email": "outer@e.com"}}, {"body": {"email": "inner@e.com"}})
    assert from_frames(event, ("email",)) == {"email": "inner@e.com"}


def test_two_bodies_of_one_frame_that_differ_are_no_answer() -> None:
    """Neither is what stands further out: it may be either of the two."""
    inner = {"data": {"email": "jane@e.com", "name": "J"}, "input": {"email": "boss@e.com"}}
    seen = framed({"body": {"email": "boss@e.com"}}, inner)
    assert from_frames(seen, ("email", "name")) == {"email": UNKNOWN, "name": "J"}
    text = 'duplicate key value violates unique constraint "u_email"'
    seen = replace(
        seen,
        exceptions=tuple(replace(one, value=text) for one in seen.exceptions),
        request=Request("POST", "/", {"email": "boss@e.com"}),
    )
    key = read_event(seen).key
    assert key is not None
    assert "email" not in dict(key.fields)


def test_a_variable_with_the_fields_of_a_body_may_have_been_written_instead() -> None:
    first, second = {"email": "a@e.com", "org": "1"}, {"email": "b@e.com", "org": "1"}
    found = from_frames(framed({"payload": first, "fallback": second}), ("email", "org"))
    assert found == {"email": UNKNOWN, "org": "1"}
    alone = from_frames(framed({"fallback": second, "data": {"org": "2"}}), ("email", "org"))
    assert alone == {"org": "2"}
