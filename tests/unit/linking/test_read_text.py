"""Pasted texts: tickets, event JSON, driver objects."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.linking.ticket import Identifier, IdentifierKind
from collectors.linking.violation import TextReading, read_text
from collectors.model import ValueSource

UUID = "0d9e2c1a-7b54-4e0e-9a51-3f6f1c2b7a10"
EVENT_ID = "1d9e2c1a7b544e0e9a513f6f1c2b7a10"
DUPLICATE = 'duplicate key value violates unique constraint "customers_email_key"'
DETAIL = f"DETAIL:  Key (organization_id, email)=({UUID}, jane@example.com) already exists."


def named(reading: TextReading, kind: IdentifierKind) -> list[str]:
    return [found.value for found in reading.identifiers if found.kind is kind]


def test_a_ticket_without_an_error_still_names_things() -> None:
    reading = read_text(
        f"Hi, since 2025-06-01 10:00 UTC we cannot create jane@example.com in organization {UUID},"
        " external_id: acct-42. It answers Internal Server Error."
    )
    assert (reading.kind, reading.key) == ("not_recognised", None)
    assert named(reading, IdentifierKind.EMAIL) == ["jane@example.com"]
    assert named(reading, IdentifierKind.UUID) == [UUID]
    assert named(reading, IdentifierKind.EXTERNAL_ID) == ["acct-42"]
    assert named(reading, IdentifierKind.TIME) == ["2025-06-01T10:00:00Z"]


def test_a_ticket_that_quotes_the_error_has_its_key() -> None:
    reading = read_text(f"Hello!\n\nWe see this:\n\n> ERROR:  {DUPLICATE}\n> {DETAIL}\n\nThanks")
    assert reading.kind == "unique_violation"
    assert reading.key is not None
    assert reading.key.splits == ((UUID, "jane@example.com"),)
    assert "customers_email_key" not in named(reading, IdentifierKind.EXTERNAL_ID)


def test_parameters_in_a_pasted_text_are_read_by_name() -> None:
    reading = read_text(
        f"{DUPLICATE}\n[SQL: INSERT INTO customers (id, email) VALUES ($1, $2)]\n"
        "[parameters: ('7', 'jane@example.com')]"
    )
    assert reading.key is not None
    assert reading.key.fields == (("id", "7"), ("email", "jane@example.com"))
    assert (reading.key.table, reading.key.source) == ("customers", ValueSource.PARAMETERS)


EXCEPTION: dict[str, Any] = {"type": "IntegrityError", "value": f"{DUPLICATE}\n{DETAIL}"}
BODY: dict[str, Any] = {
    "event_id": EVENT_ID,
    "timestamp": "2025-06-01T10:00:00Z",
    "exception": {"values": [EXCEPTION]},
    "user": {"email": "merchant@example.com"},
    "request": {"method": "POST", "url": "https://x", "data": '{"email": "jane@example.com"}'},
    "tags": [["environment", "sandbox"]],
}


@pytest.mark.parametrize(
    "document",
    [
        BODY,
        [BODY],
        {"data": {"event": BODY}},
        {**BODY, "exception": [EXCEPTION]},
        {
            "eventID": EVENT_ID.upper(),
            "entries": [{"type": "exception", "data": {"values": [EXCEPTION]}}],
            "user": {"email": "merchant@example.com"},
            "tags": [{"key": "environment", "value": "sandbox"}],
        },
        {**BODY, "exception": {"values": [{**EXCEPTION, "value": [DUPLICATE, DETAIL]}]}},
    ],
    ids=["as sent", "in a list", "webhook", "bare list", "as the API answers", "value as a list"],
)
def test_a_pasted_event_is_read_as_an_event(document: Any) -> None:
    reading = read_text(json.dumps(document))
    assert reading.kind == "unique_violation"
    assert reading.key is not None
    assert reading.key.splits == ((UUID, "jane@example.com"),)
    assert Identifier(IdentifierKind.EVENT_ID, EVENT_ID) in reading.identifiers
    assert "merchant@example.com" not in repr(reading)


def test_a_pasted_event_of_another_failure() -> None:
    other = {
        "type": "ForeignKeyViolationError",
        "value": 'violates foreign key constraint "x_fkey"',
    }
    reading = read_text(json.dumps({**BODY, "exception": {"values": [other]}}))
    assert (reading.kind, reading.key) == ("other_database_error", None)
    upstream = {"type": "ReadTimeout", "module": "httpx", "value": ""}
    reading = read_text(json.dumps({**BODY, "exception": {"values": [upstream]}}))
    assert (reading.kind, reading.key) == ("not_recognised", None)


def test_a_pasted_driver_object() -> None:
    reading = read_text(
        json.dumps(
            {"error": {"code": "23505", "detail": DETAIL[9:], "constraint": "x_key"}}, indent=1
        )
    )
    assert reading.key is not None
    assert (reading.key.constraint, reading.key.splits) == ("x_key", ((UUID, "jane@example.com"),))


def test_a_pasted_driver_object_of_another_failure() -> None:
    reading = read_text('{"code": "23503", "constraint": "x_fkey"}')
    assert reading.kind == "other_database_error"


ODD: dict[str, str] = {
    "empty list": "[]",
    "list of numbers": "[1]",
    "null": "null",
    "exception of a number": '{"exception": 7}',
    "values of a number": '{"exception": {"values": 7}}',
    "values of numbers": '{"exception": {"values": [7, null]}}',
    "entries of numbers": '{"entries": [7, {"type": "exception", "data": 7}]}',
    "frames of numbers": '{"exception": {"values": [{"stacktrace": {"frames": [7]}}]}}',
    "vars of a number": '{"exception": {"values": [{"stacktrace": {"frames": [{"vars": 7}]}}]}}',
    "tags of numbers": '{"exception": {}, "tags": [7, [1], {"key": 1}]}',
    "time of a list": '{"exception": {}, "timestamp": [1]}',
    "time out of range": '{"exception": {}, "timestamp": 1e300}',
    "time of words": '{"exception": {}, "timestamp": "today"}',
    "contexts of a list": '{"exception": {}, "contexts": [1], "extra": 3}',
    "deeply nested": "[" * 100_000,
    "deep object": '{"a":' * 5_000 + "1" + "}" * 5_000,
    "lone surrogate": "\ud800 Key (a)=(\udfff) already exists.",
    "control characters": "\x00\x1b[31m" + DUPLICATE,
    "huge number": '{"code": ' + "9" * 5_000 + "}",
    "not a number": '{"exception": {}, "timestamp": NaN}',
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_input_is_survived(text: str) -> None:
    assert read_text(text).kind in {"unique_violation", "other_database_error", "not_recognised"}


def test_half_a_character_of_pasted_json_is_no_character() -> None:
    body = json.dumps(BODY).replace("jane@", r"\ud83e\udd26\ud800@")
    reading = read_text(body)
    assert reading.key is not None
    assert reading.key.splits == ((UUID, "\N{FACE PALM}\ufffd@example.com"),)
