"""Streams of events, as files and standard input give them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO

import pytest

from collectors.sentry.sources import PAGE_SIZE, Files


def body(number: int) -> bytes:
    return json.dumps({"event_id": f"{number:032x}", "timestamp": 1_780_135_200}).encode()


def pages(raw: bytes) -> list[list[str]]:
    source = Files(["-"], stdin=BytesIO(raw))
    return [
        ["?" if event.oddity else f"{int(event.event_id, 16)}" for event in page.events]
        for page in source.pages(None, "not used")
    ]


def test_lines_come_in_pages_of_bounded_size() -> None:
    read = pages(b"\n".join(map(body, range(250))))
    assert [len(page) for page in read] == [PAGE_SIZE, PAGE_SIZE, 50]
    assert read[2][-1] == "249"


def test_a_line_beyond_the_limit_is_one_odd_event() -> None:
    huge = b'{"a": "' + b"x" * 12_000_000 + b'"}'
    assert pages(b"\n".join([body(1), huge, body(2)])) == [["1", "?", "2"]]


def test_a_huge_body_alone_is_one_odd_event() -> None:
    assert pages(b'{"a": "' + b"x" * 12_000_000 + b'"}') == [["?"]]


def test_a_body_over_many_lines_is_one_event() -> None:
    assert pages(json.dumps(json.loads(body(3)), indent=1).encode()) == [["3"]]


def test_an_envelope_is_read_by_its_lengths() -> None:
    payload = json.dumps(json.loads(body(4)), indent=1).encode()
    header = b'{"event_id": "x", "sent_at": "y"}\n{"type": "event", "length": %d}\n'
    assert pages(header % len(payload) + payload) == [["4"]]


@pytest.mark.parametrize("nothing", [b"", b"\n", b" \r\n\t\n"])
def test_nothing_is_no_event(nothing: bytes) -> None:
    assert pages(nothing) == []


def test_what_is_older_than_was_asked_for_is_passed_over_and_counted() -> None:
    """What tells no time may be new."""
    timeless = json.dumps({"event_id": f"{3:032x}"}).encode()
    new = json.dumps({"event_id": f"{2:032x}", "timestamp": "2026-06-01T00:00:00Z"}).encode()
    source = Files(["-"], stdin=BytesIO(b"\n".join([body(1), new, timeless])))
    first, last = source.pages(datetime(2026, 6, 1, tzinfo=UTC), None)
    assert [int(event.event_id, 16) for event in first.events] == [2, 3]
    assert (last.events, last.note) == (
        (),
        "Passed over 1 Event from before 2026-06-01 00:00 UTC.",
    )
