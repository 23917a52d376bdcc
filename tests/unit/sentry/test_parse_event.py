"""Event bodies in every spelling a server or an SDK gives them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.model import Event, Request
from collectors.sentry.parse import Origin, parse_event

RECEIVED = datetime(2026, 6, 1, 12, tzinfo=UTC)
ORIGIN = Origin(RECEIVED)
ID = "c1f7e6a09b2d4c3f8e5a7b6c5d4e3f2a"
DETAIL = "DETAIL:  Key (organization_id, lower(email::text))=(7, jane@example.com) already exists."
VALUES = [
    {"type": "UniqueViolationError", "module": "asyncpg.exceptions", "value": "duplicate key"},
    {"type": "IntegrityError", "module": "sqlalchemy.exc", "value": f"(IntegrityError) {DETAIL}"},
]

SDK = {
    "event_id": ID,
    "timestamp": "2026-05-30T10:00:00.250000Z",
    "environment": "sandbox",
    "release": "api@1.4.0",
    "platform": "python",
    "transaction": "shop.customer.endpoints.create",
    "exception": {"values": VALUES},
    "request": {
        "method": "POST",
        "url": "https://api.example.com/v1/customers/?trace=1",
        "headers": {"authorization": "Bearer secret"},
        "data": {"email": "jane@example.com"},
    },
    "tags": {"region": "eu"},
    "contexts": {"runtime": {"name": "CPython"}},
    "extra": {"attempt": 2},
}
WEB_API = {
    "id": ID,
    "eventID": ID,
    "groupID": "77",
    "projectID": "4",
    "dateCreated": "2026-05-30T10:00:00.250000Z",
    "platform": "python",
    "release": {"version": "api@1.4.0", "ref": None},
    "culprit": "shop.customer.endpoints.create",
    "tags": [{"key": "environment", "value": "sandbox"}, {"key": "region", "value": "eu"}],
    "contexts": {"runtime": {"name": "CPython"}},
    "context": {"attempt": 2},
    "entries": [
        {"type": "exception", "data": {"values": VALUES, "hasSystemFrames": True}},
        {"type": "breadcrumbs", "data": {"values": [{"message": "query", "level": "info"}]}},
        {"type": "spans", "data": [{"op": "db"}]},
        {
            "type": "request",
            "data": {
                "method": "POST",
                "url": "https://api.example.com/v1/customers/",
                "data": {"email": "jane@example.com"},
            },
        },
    ],
}
GLITCHTIP = {
    "id": "11111111-2222-3333-4444-555555555555",
    "event_id": ID.upper(),
    "project_id": 4,
    "group_id": 77,
    "date_created": "2026-05-30T12:00:00.250000+02:00",
    "platform": "python",
    "tags": [
        {"key": "environment", "value": "sandbox"},
        {"key": "region", "value": "eu"},
        {"key": "release", "value": "api@1.4.0"},
        {"key": "transaction", "value": "shop.customer.endpoints.create"},
    ],
    "contexts": {"runtime": {"name": "CPython"}},
    "context": {"attempt": 2},
    "entries": WEB_API["entries"],
}
BUGSINK = {
    "id": "99999999-2222-3333-4444-555555555555",
    "event_id": "c1f7e6a0-9b2d-4c3f-8e5a-7b6c5d4e3f2a",
    "issue": 77,
    "project": 4,
    "ingested_at": "2026-05-30T10:00:01Z",
    "timestamp": "2026-05-30T10:00:00.250000Z",
    "data": SDK,
}


def parsed(body: Any, origin: Origin = ORIGIN) -> Event:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_event(raw, origin)


@pytest.mark.parametrize(
    "body", [SDK, WEB_API, GLITCHTIP, BUGSINK], ids=["sdk", "web api", "glitchtip", "bugsink"]
)
def test_every_spelling_gives_the_same_event(body: dict[str, Any]) -> None:
    event = parsed(body)
    assert event.oddity is None
    assert event.event_id == ID
    assert event.occurred_at == datetime(2026, 5, 30, 10, 0, 0, 250_000, UTC)
    assert event.environment == "sandbox"
    assert event.release == "api@1.4.0"
    assert event.transaction == "shop.customer.endpoints.create"
    assert event.platform == "python"
    assert [value.type for value in event.exceptions] == ["UniqueViolationError", "IntegrityError"]
    assert event.exceptions[1].value == f"(IntegrityError) {DETAIL}"
    assert event.request == Request("POST", "/v1/customers/", {"email": "jane@example.com"})
    assert event.tags["region"] == "eu"
    assert event.contexts == {"runtime": {"name": "CPython"}}
    assert event.extra == {"attempt": 2}


@pytest.mark.parametrize(
    "body", [WEB_API, GLITCHTIP, BUGSINK], ids=["web api", "glitchtip", "bugsink"]
)
def test_a_server_says_which_project_and_issue_an_event_belongs_to(body: dict[str, Any]) -> None:
    assert (parsed(body).project, parsed(body).issue_id) == ("4", "77")


def test_what_the_source_knows_wins_over_what_the_body_says() -> None:
    event = parsed(WEB_API, Origin(RECEIVED, project="api", issue_id="12"))
    assert (event.project, event.issue_id) == ("api", "12")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("duplicate key", "duplicate key"),
        (["duplicate key", DETAIL], f"duplicate key\n{DETAIL}"),
        ({"code": 23505}, '{"code": 23505}'),
        (23505, "23505"),
        (None, ""),
        (["a", None, ["b", 1]], "a\n\nb\n1"),
    ],
    ids=["text", "list", "object", "number", "null", "nested list"],
)
def test_an_exception_value_of_any_kind_is_rendered(value: object, text: str) -> None:
    event = parsed({**SDK, "exception": {"values": [{"type": "E", "value": value}]}})
    assert event.exceptions[0].value == text
    assert event.oddity is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-05-30T10:00:00Z", datetime(2026, 5, 30, 10, tzinfo=UTC)),
        ("2026-05-30T10:00:00", datetime(2026, 5, 30, 10, tzinfo=UTC)),
        ("2026-05-30T10:00:00.123456789+00:00", datetime(2026, 5, 30, 10, 0, 0, 123_456, UTC)),
        (1_780_135_200, datetime(2026, 5, 30, 10, tzinfo=UTC)),
        (1_780_135_200.5, datetime(2026, 5, 30, 10, 0, 0, 500_000, UTC)),
        (1_780_135_200_500, datetime(2026, 5, 30, 10, 0, 0, 500_000, UTC)),
        ("1780135200.5", datetime(2026, 5, 30, 10, 0, 0, 500_000, UTC)),
    ],
    ids=[
        "rfc 3339",
        "no offset",
        "nanoseconds",
        "seconds",
        "fraction",
        "milliseconds",
        "number text",
    ],
)
def test_a_time_is_read_in_every_form(given: object, expected: datetime) -> None:
    event = parsed({**SDK, "timestamp": given})
    assert (event.occurred_at, event.oddity) == (expected, None)


@pytest.mark.parametrize(
    "given",
    [
        None,
        "yesterday",
        "",
        True,
        [],
        {},
        0,
        -1e30,
        1e300,
        "1970-01-01T00:00:00Z",
        "2026-06-09T12:00:00Z",
    ],
    ids=str,
)
def test_an_absurd_time_gives_the_time_of_receipt_and_says_so(given: object) -> None:
    event = parsed({**SDK, "timestamp": given})
    assert event.occurred_at == RECEIVED
    assert event.oddity is not None
    assert "plausible time" in event.oddity


def test_the_servers_own_time_of_receipt_is_better_than_ours() -> None:
    event = parsed({**WEB_API, "dateCreated": None, "dateReceived": "2026-05-30T10:00:03Z"})
    assert event.occurred_at == datetime(2026, 5, 30, 10, 0, 3, tzinfo=UTC)


def test_a_later_clock_decides_what_lies_in_the_future() -> None:
    body = {**SDK, "timestamp": "2026-06-09T12:00:00Z"}
    event = parsed(body, Origin(RECEIVED, now=datetime(2026, 6, 9, 13, tzinfo=UTC)))
    assert (event.occurred_at.day, event.oddity) == (9, None)


@pytest.mark.parametrize("given", [None, "", 5, "short", "z" * 32, ["a"]], ids=str)
def test_an_event_without_a_usable_id_gets_a_stable_one(given: object) -> None:
    body = {**SDK, "event_id": given}
    first, second = parsed(body), parsed(body)
    assert first.event_id == second.event_id
    assert len(first.event_id) == 32
    assert int(first.event_id, 16) >= 0
    assert first.oddity is not None
    assert parsed({**body, "release": "other"}).event_id != first.event_id


@pytest.mark.parametrize(
    "tags",
    [
        {"environment": "sandbox", "level": "error", "n": 1},
        [["environment", "sandbox"], ["level", "error"], ["n", 1], ["half"], 3],
        [
            {"key": "environment", "value": "sandbox"},
            {"key": "level", "value": "error"},
            {"key": "n", "value": 1},
            {"key": None, "value": 2},
            {"value": 3},
        ],
    ],
    ids=["object", "pairs", "key and value"],
)
def test_tags_come_as_object_pairs_or_records(tags: object) -> None:
    event = parsed({**SDK, "environment": None, "tags": tags})
    assert event.tags == {"environment": "sandbox", "level": "error", "n": "1"}
    assert event.environment == "sandbox"


@pytest.mark.parametrize(
    ("data", "body"),
    [
        ({"email": "a@b.c"}, {"email": "a@b.c"}),
        ('{"email": "a@b.c"}', {"email": "a@b.c"}),
        ('{"email": "a@b', '{"email": "a@b'),
        ("email=a%40b.c", "email=a%40b.c"),
        ([["email", "a@b.c"]], [["email", "a@b.c"]]),
        (None, None),
    ],
    ids=["object", "json text", "cut json text", "form", "pairs", "none"],
)
def test_a_request_body_is_parsed_where_it_is_json(data: object, body: object) -> None:
    event = parsed({**SDK, "request": {"method": "POST", "url": "/v1/", "data": data}})
    assert event.request == Request("POST", "/v1/", body)


def test_headers_cookies_and_the_user_are_not_kept() -> None:
    body = {**SDK, "user": {"email": "merchant@example.com"}}
    assert "secret" not in repr(parsed(body))
    assert "merchant" not in repr(parsed(body))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"logentry": {"message": "failed %s", "formatted": "failed x"}}, "failed x"),
        ({"logentry": {"message": "failed %s"}}, "failed %s"),
        ({"logentry": {"message": "a %s, b %s", "params": ["%s", 7]}}, "a %s, b 7"),
        ({"logentry": {"message": "a %s, b %s", "params": ["x"]}}, "a x, b %s"),
        ({"logentry": {"message": "failed", "params": ["x", ["y"]]}}, "failed\nx\ny"),
        ({"logentry": {"message": "failed %s", "params": {"a": "x"}}}, "failed %s\nx"),
        ({"logentry": {"message": "failed %(a)s", "params": {"a": "x"}}}, "failed %(a)s\nx"),
        ({"entries": [{"type": "message", "data": {"message": "a %s", "params": ["x"]}}]}, "a x"),
        ({"logentry": "failed"}, "failed"),
        ({"message": {"formatted": "failed"}}, "failed"),
        ({"message": "failed"}, "failed"),
        ({"entries": [{"type": "message", "data": {"formatted": "failed"}}]}, "failed"),
        ({}, None),
    ],
    ids=[
        "formatted",
        "template",
        "two parameters",
        "too few",
        "too many",
        "named ones, a plain place",
        "named ones",
        "an entry's",
        "text logentry",
        "message object",
        "message",
        "entry",
        "none",
    ],
)
def test_a_logged_message_is_found_wherever_it_stands(body: dict[str, Any], message: str) -> None:
    assert parsed({"event_id": ID, "timestamp": 1_780_135_200, **body}).message == message


def test_an_old_sdk_may_send_the_exceptions_as_a_bare_list() -> None:
    event = parsed({**SDK, "exception": VALUES})
    assert len(event.exceptions) == 2
    assert event.oddity is None


def test_of_a_long_group_the_one_that_prints_a_key_is_kept() -> None:
    chain = [{"type": f"E{n}", "value": str(n)} for n in range(500)]
    chain[250]["value"] = "Key (email)=(jane@example.com) already exists."
    kept = [value.type for value in parsed({**SDK, "exception": {"values": chain}}).exceptions]
    assert "E250" in kept
    assert kept == sorted(kept, key=lambda name: int(str(name)[1:]))
    assert len(kept) == 51


def test_a_long_chain_keeps_both_its_ends() -> None:
    chain = [{"type": f"E{n}", "value": str(n)} for n in range(500)]
    kept = [value.type for value in parsed({**SDK, "exception": {"values": chain}}).exceptions]
    assert kept[0] == "E0"
    assert kept[-1] == "E499"
    assert len(kept) == 50


OWN_FIELDS = {"SqlState": "23505", "ConstraintName": "u_email", "Detail": "Key (a)=(b)"}


@pytest.mark.parametrize(
    ("mechanism", "data"),
    [
        ({"type": "generic", "data": OWN_FIELDS}, OWN_FIELDS),
        ({"data": {"function": "setTimeout"}}, {}),
        ({"data": "Detail"}, {}),
        ("Detail", {}),
        (None, {}),
    ],
    ids=["npgsql", "a browser", "a text", "no mechanism", "none"],
)
def test_an_exceptions_own_fields_are_kept(mechanism: object, data: dict[str, str]) -> None:
    body = {"event_id": ID, "exception": {"values": [VALUES[0] | {"mechanism": mechanism}]}}
    (error,) = parse_event(json.dumps(body).encode(), ORIGIN).exceptions
    assert (error.value, error.data) == ("duplicate key", data)


def test_how_exceptions_hang_together_is_kept_where_they_are_no_chain() -> None:
    links = [{"type": "suppressed", "exception_id": 1, "parent_id": 0}, {"exception_id": 0}]
    values = [VALUES[0] | {"mechanism": link} for link in links]
    event = parse_event(
        json.dumps({"event_id": ID, "exception": {"values": values}}).encode(), ORIGIN
    )
    assert [one.mechanism for one in event.exceptions] == links
    values[0] = VALUES[0] | {"mechanism": {"type": "chained", "exception_id": 1, "parent_id": 0}}
    event = parse_event(
        json.dumps({"event_id": ID, "exception": {"values": values}}).encode(), ORIGIN
    )
    assert [one.mechanism for one in event.exceptions] == [{}, {}]
