"""Texts that hold several events."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from collectors.sentry.parse import Origin, is_list, parse_events

ORIGIN = Origin(datetime(2026, 6, 1, 12, tzinfo=UTC))
BODIES = [
    json.dumps({"event_id": letter * 32, "timestamp": 1_780_135_200, "type": "error"})
    for letter in "abc"
]
PAYLOAD = BODIES[0].encode()
ENVELOPE = b"\n".join(
    (
        b'{"event_id": "' + b"a" * 32 + b'", "sent_at": "2026-06-01T00:00:00Z"}',
        b'{"type": "session"}',
        b'{"sid": "1"}',
        b'{"type": "event", "length": %d}' % len(PAYLOAD),
        PAYLOAD,
        b'{"type": "transaction", "length": 4}',
        b"{\n\n}",
        b'{"type": "event"}',
        BODIES[1].encode(),
    )
)


def ids(text: str | bytes) -> list[str]:
    """The first letters of the ids; "?" for an odd event."""
    events = parse_events(text, ORIGIN)
    return ["?" if event.oddity else event.event_id[0] for event in events]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (BODIES[0], "a"),
        (json.dumps(json.loads(BODIES[0]), indent=2), "a"),
        ("[" + ",".join(BODIES) + "]", "abc"),
        ("[\n" + ",\n".join(BODIES) + "\n]\n", "abc"),
        ("[]", ""),
        (f"[{BODIES[0]},{BODIES[1]}]\n[{BODIES[2]}]\n", "abc"),
        (f"[]\n[{BODIES[0]}]\n[]", "a"),
        (f"[{BODIES[0]}] and more", "a?"),
        ("\n".join(BODIES), "abc"),
        ("\r\n\r\n".join(BODIES) + "\r\n", "abc"),
        ("\n".join([BODIES[0], BODIES[1][:-3], "", BODIES[2]]), "a?c"),
        ("\n".join([BODIES[0][:-3], BODIES[1]]), "?b"),
        ('{"next": null, "results": [' + ",".join(BODIES) + "]}", "abc"),
        (ENVELOPE, "ab"),
        (ENVELOPE + b"\n" + ENVELOPE.replace(b"a" * 32, b"c" * 32), "abcb"),
        (ENVELOPE.replace(b'"sent_at"', b'"retention": 30, "sent_at"'), "ab"),
        ("\n".join(json.dumps(json.loads(body), indent=2) for body in BODIES), "abc"),
        (json.dumps(json.loads(BODIES[0]), indent=2) + BODIES[1][:-3], "a?"),
        (b"\xef\xbb\xbf" + BODIES[0].encode(), "a"),
        ("[" + ",".join(BODIES)[:-3], "ab?"),
        ("[" + BODIES[0] + ', {"a": NaN}, ' + BODIES[2] + "]", "a?c"),
        ("[" + BODIES[0] + ",", "a"),
        ("[" + BODIES[0] + ", 5, null, " + BODIES[1] + "]", "a??b"),
        ("", "?"),
        ("Internal Server Error", "?"),
    ],
    ids=[
        "one",
        "one over many lines",
        "list",
        "pretty list",
        "empty list",
        "lists, one a line",
        "empty lists around one",
        "a list with words after it",
        "lines",
        "lines of Windows",
        "a bad line",
        "a bad first line",
        "a page of a server",
        "envelope",
        "envelopes",
        "an envelope with a header of another SDK",
        "several over many lines",
        "several over many lines, cut",
        "byte order mark",
        "a cut list",
        "a list with an odd item",
        "a list cut between items",
        "a list of other things",
        "nothing",
        "no JSON",
    ],
)
def test_every_event_of_a_text_is_found(text: str | bytes, found: str) -> None:
    assert ids(text) == list(found)


def test_two_events_that_name_their_type_are_lines_and_no_envelope() -> None:
    assert ids("\n".join(BODIES[:2])) == ["a", "b"]


def test_a_cut_list_with_a_deep_item_keeps_what_came_before() -> None:
    assert ids("[" + BODIES[0] + ", " + "[" * 50_000) == ["a", "?"]


@pytest.mark.parametrize(
    ("raw", "whole"),
    [
        (b"[]", True),
        (b'[{"a": 1}]', True),
        (b'["half an emoji: \\ud83d", NaN]', True),
        (b'[{"a": 1}', False),
        (b"{}", False),
        (b"", False),
        (b"[" * 50_000, False),
    ],
)
def test_a_whole_list_is_told_from_a_broken_one(raw: bytes, whole: bool) -> None:
    assert is_list(raw) is whole
