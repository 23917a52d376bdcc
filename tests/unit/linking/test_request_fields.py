"""Column values from request bodies and frame variables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.linking.bodies import chosen, from_request, leaves
from collectors.linking.frames import from_frames
from collectors.model import Event, ExceptionValue, Frame, Request

NOW = datetime(2025, 6, 1, tzinfo=UTC)


def posted(body: object) -> Event:
    return Event("e" * 32, NOW, request=Request("POST", "/v1/customers/", body))


def framed(*frames: dict[str, Any]) -> Event:
    stack = tuple(Frame(variables=variables, in_app=True) for variables in frames)
    return Event("e" * 32, NOW, exceptions=(ExceptionValue(type="IntegrityError", frames=stack),))


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
    ],
    ids=["same", "camel", "nested", "json api", "list", "cut json", "form"],
)
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
        {"externalId": "x", "ExternalID": "y"},
        "plain text",
        None,
        7,
    ],
    ids=[
        "filtered", "stars", "cut", "an object", "two", "two rows", "the user", "two styles",
        "text", "none", "number",
    ],
)  # fmt: skip
def test_what_is_hidden_cut_or_ambiguous_is_unknown(body: object) -> None:
    assert from_request(posted(body), ("external_id",)) == {}


def test_the_shallowest_name_counts() -> None:
    body = {"email": "j@e.com", "billing": {"email": "office@e.com"}}
    assert from_request(posted(body), ("email",)) == {"email": "j@e.com"}


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
    ],
    ids=[
        "kwargs", "body", "repr of a mapping", "repr of a model", "pydantic's str",
        "endpoint values", "distilled", "named", "positional", "a long statement",
        "one text", "args",
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
    ],
    ids=["user", "subject", "some local", "some object", "user inside", "two rows", "filtered"],
)
def test_variables_that_may_be_about_somebody_else_are_not_read(variables: dict[str, Any]) -> None:
    assert from_frames(framed(variables), ("external_id",)) == {}


def test_the_innermost_frame_counts() -> None:
    event = framed({"body": {"email": "outer@e.com"}}, {"body": {"email": "inner@e.com"}})
    assert from_frames(event, ("email",)) == {"email": "inner@e.com"}
