"""What SDKs send arrives, whole and once; the real sentry-sdk first of all."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator

import httpx
import pytest
import sentry_sdk

from collectors.sentry.sources import WebApi
from tests.http.serving import SentryOfTest, event_body


@pytest.fixture
def sdk(sentry: SentryOfTest) -> Iterator[sentry_sdk.Client]:
    """The real SDK, delivering to the local Sentry; nothing of it outlives the test."""
    client = sentry_sdk.Client(
        dsn=sentry.address.dsns["api"],
        environment="sandbox",
        release="api@1.4.0",
        default_integrations=False,
        auto_enabling_integrations=False,
        traces_sample_rate=1.0,
    )
    with sentry_sdk.isolation_scope() as scope:
        scope.set_client(client)
        yield client
    client.close(timeout=2.0)


def fail(email: str) -> None:
    """Raises as a driver does, wrapped once."""
    try:
        raise LookupError(f"Key (email)=({email}) already exists.")
    except LookupError as error:
        raise ValueError("the customer could not be created") from error


def capture(email: str) -> None:
    """Reports the failure."""
    try:
        fail(email)
    except ValueError as error:
        sentry_sdk.capture_exception(error)


def test_what_the_real_sdk_sends_is_what_the_source_reads(
    sentry: SentryOfTest, sdk: sentry_sdk.Client
) -> None:
    sentry_sdk.get_isolation_scope().set_tag("region", "eu")
    for number in range(3):
        capture(f"jane{number}@example.com")
    with sentry_sdk.start_transaction(name="not an error"):
        pass
    sentry_sdk.capture_message("only a message")
    sdk.flush(timeout=5.0)
    with sentry.client() as client:
        events = [
            event for page in WebApi(client, light=False).pages(None, None) for event in page.events
        ]
    failures = [event for event in events if event.exceptions]
    assert [event.message for event in events if not event.exceptions] == ["only a message"]
    assert len(failures) == 3
    assert len({event.issue_id for event in failures}) == 1
    newest = failures[0]
    assert newest.oddity is None
    assert [value.type for value in newest.exceptions] == ["LookupError", "ValueError"]
    assert newest.exceptions[0].value == "Key (email)=(jane2@example.com) already exists."
    assert newest.exceptions[0].frames[-1].variables == {"email": "'jane2@example.com'"}
    assert (newest.environment, newest.release) == ("sandbox", "api@1.4.0")
    assert newest.tags["region"] == "eu"


def test_hundreds_of_events_of_a_busy_sender_arrive(
    sentry: SentryOfTest, sdk: sentry_sdk.Client
) -> None:
    for number in range(300):
        capture(f"jane{number}@example.com")
        if number % 90 == 89:
            sdk.flush(timeout=10.0)
    sdk.flush(timeout=10.0)
    with sentry.client() as client:
        events = [event for page in WebApi(client).pages(None, None) for event in page.events]
    assert len({event.event_id for event in events}) == 300


def envelope(*items: tuple[str, bytes]) -> bytes:
    """An envelope as the SDK builds it."""
    parts = [b'{"event_id": "x", "sent_at": "2026-06-01T00:00:00Z"}']
    for kind, payload in items:
        parts += [json.dumps({"type": kind, "length": len(payload)}).encode(), payload]
    return b"\n".join(parts)


def post(sentry: SentryOfTest, content: bytes, key: str = "", **headers: str) -> httpx.Response:
    """Deliver an envelope to the first project."""
    key = key or sentry.address.dsns["api"].removeprefix("http://").partition("@")[0]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.post(
        f"{sentry.address.url}/api/1/envelope/?sentry_key={key}", content=content, headers=named
    )


BODY = json.dumps(event_body()).encode()


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("", envelope(("event", BODY))),
        ("gzip", gzip.compress(envelope(("event", BODY)))),
        ("deflate", zlib.compress(envelope(("event", BODY)))),
        (
            "gzip",
            gzip.compress(envelope(("session", b"{}"), ("event", BODY), ("client_report", b"{}"))),
        ),
    ],
    ids=["plain", "gzip", "deflate", "among other items"],
)
def test_every_encoding_gives_the_same_event(
    sentry: SentryOfTest, encoding: str, content: bytes
) -> None:
    answer = post(sentry, content, Content_Encoding=encoding)
    assert answer.json() == {"id": json.loads(BODY)["event_id"]}
    [event] = sentry.get("/api/0/issues/1/events/", full="true").json()
    assert event["entries"][0]["data"]["values"][0]["value"].startswith("Key (email)")


def test_the_bare_list_of_exceptions_that_go_sends_is_read(sentry: SentryOfTest) -> None:
    body = event_body(exception=[{"type": "*pq.Error", "value": "pq: duplicate key"}])
    post(sentry, envelope(("event", json.dumps(body).encode())))
    [event] = sentry.get("/api/0/issues/1/events/", full="true").json()
    assert event["entries"][0]["data"]["values"][0]["value"] == "pq: duplicate key"
    assert event["title"] == "*pq.Error: pq: duplicate key"


def test_an_envelope_may_hold_several_events(sentry: SentryOfTest) -> None:
    bodies = [json.dumps(event_body()).encode() for _ in range(3)]
    post(sentry, envelope(*(("event", body) for body in bodies)))
    events = sentry.get("/api/0/issues/1/events/").json()
    assert {event["id"] for event in events} == {json.loads(body)["event_id"] for body in bodies}


@pytest.mark.parametrize(
    ("content", "encoding", "status"),
    [
        (b"not gzip", "gzip", 400),
        (b"x", "zstd", 400),
        (gzip.compress(b"0" * 60_000_000), "gzip", 400),
        (b"", "", 200),
        (b"{}\n{", "", 200),
        (b'{}\n{"type": "event", "length": 99}\n{}', "", 200),
    ],
    ids=["not gzip", "unknown encoding", "bomb", "empty", "cut header", "cut payload"],
)
def test_a_bad_delivery_does_no_harm(
    sentry: SentryOfTest, content: bytes, encoding: str, status: int
) -> None:
    assert post(sentry, content, Content_Encoding=encoding).status_code == status
    assert post(sentry, envelope(("event", BODY))).status_code == 200


def test_the_public_key_and_project_must_fit(sentry: SentryOfTest) -> None:
    assert post(sentry, envelope(("event", BODY)), key="0" * 32).status_code == 403
    assert httpx.post(f"{sentry.address.url}/api/9/envelope/", content=b"{}").status_code == 403
    assert sentry.get("/api/0/organizations/sample/issues/", query="").json() == []


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({}, {"environment": "sandbox", "release": "2"}, True),
        ({"fingerprint": ["a"]}, {"fingerprint": ["b"]}, False),
        ({"fingerprint": ["{{ default }}"]}, {"fingerprint": None}, True),
        ({"fingerprint": ["{{ default }}", "x"]}, {"fingerprint": None}, False),
        (
            {"fingerprint": None, "exception": {"values": [{"type": "A", "value": "1"}]}},
            {"fingerprint": None, "exception": {"values": [{"type": "A", "value": "2"}]}},
            True,
        ),
        (
            {"fingerprint": None, "exception": {"values": [{"type": "A"}]}},
            {"fingerprint": None, "exception": {"values": [{"type": "B"}]}},
            False,
        ),
    ],
    ids=["other facts", "fingerprints", "default", "default and more", "texts", "types"],
)
def test_events_are_grouped_by_fingerprint_or_by_types_and_frames(
    sentry: SentryOfTest, first: dict[str, object], second: dict[str, object], same: bool
) -> None:
    for change in (first, second):
        sentry.send({**event_body(), **change})
    issues = sentry.get("/api/0/organizations/sample/issues/", query="").json()
    assert len(issues) == (1 if same else 2)
