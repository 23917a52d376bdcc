"""Bodies that are not what they should be: one odd Event each, and never an exception."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.model import Event
from collectors.sentry.parse import MAX_EVENT_BYTES, Origin, parse_event, parse_events, parse_issues

ORIGIN = Origin(datetime(2026, 6, 1, 12, tzinfo=UTC))
ID = "c1f7e6a09b2d4c3f8e5a7b6c5d4e3f2a"
WHOLE: dict[str, Any] = {
    "event_id": ID,
    "timestamp": 1_780_135_200,
    "environment": "sandbox",
    "exception": {"values": [{"type": "IntegrityError", "value": "Key (a)=(b) already exists."}]},
    "request": {"method": "POST", "url": "/v1/customers/", "data": {"a": "b"}},
}
DEEP = b'{"a":' * 100_000

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def can_be_kept(event: Event) -> bool:
    """It can be written as JSON and as UTF-8, and walked without care for its depth."""
    plain = msgspec.to_builtins(event)
    return bool(json.dumps(plain, allow_nan=False, ensure_ascii=False).encode("utf-8"))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"null", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"Traceback (most recent call last)", "not JSON"),
        (b"\xff\xfe\xfd\x80", "not JSON"),
        (json.dumps(WHOLE).encode()[:-40], "cut"),
        (DEEP, "nested too deeply"),
        (b'{"id": ' + b"9" * 5_000 + b"}", "cut"),
        (b'{"extra": "' + b"x" * MAX_EVENT_BYTES + b'"}', "more than is read"),
    ],
    ids=[
        "nothing",
        "blank",
        "null",
        "list",
        "text",
        "no json",
        "no utf-8",
        "cut",
        "deep",
        "endless number",
        "huge",
    ],
)
def test_an_unreadable_body_is_one_odd_event(raw: bytes, said: str) -> None:
    event = parse_event(raw, ORIGIN)
    assert event.oddity is not None
    assert said in event.oddity
    assert event.occurred_at == ORIGIN.received_at
    assert event.exceptions == ()
    assert event == parse_event(raw, ORIGIN)


@pytest.mark.parametrize(
    ("damage", "lost"),
    [
        ({"exception": 5}, "exception"),
        ({"exception": {"values": "text"}}, "values"),
        ({"exception": {"values": [{"stacktrace": "text"}]}}, "stacktrace"),
        ({"exception": {"values": [{"stacktrace": {"frames": {"a": 1}}}]}}, "frames"),
        ({"request": ["POST"]}, "request"),
        ({"entries": {"type": "exception"}}, "entries"),
        ({"data": "text"}, "data"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_part_of_the_wrong_shape_costs_only_itself(damage: dict[str, Any], lost: str) -> None:
    event = parse_event(json.dumps(WHOLE | damage).encode(), ORIGIN)
    assert event.event_id == ID
    assert event.environment == "sandbox"
    assert event.oddity is not None
    assert f"`{lost}`" in event.oddity


def test_one_damaged_frame_costs_neither_its_neighbours_nor_the_text() -> None:
    frames = [{"function": "f", "in_app": True, "vars": {"a": "1"}}, 5, None, {"function": ["g"]}]
    value = {"type": "E", "value": "kept", "stacktrace": {"frames": frames}}
    event = parse_event(json.dumps(WHOLE | {"exception": {"values": [value, 3]}}).encode(), ORIGIN)
    assert event.exceptions[0].value == "kept"
    assert event.exceptions[0].frames[0].variables == {"a": "1"}


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(WHOLE | {"extra": {"a": float("nan"), "b": float("inf")}}).encode(),
        json.dumps(WHOLE | {"extra": {"a": "x\0y", "\0": 1}}).encode(),
        json.dumps(WHOLE | {"extra": {"a": "\ud800", "\udfff": 1}}).encode(),
        json.dumps(WHOLE | {"extra": {"a": 2**80}}).encode(),
        json.dumps(WHOLE | {"request": {"data": "\ud83d"}}).encode(),
        json.dumps(WHOLE).encode().replace(b"sandbox", b"sand\x01box"),
        b"\xef\xbb\xbf" + json.dumps(WHOLE).encode(),
        json.dumps(WHOLE).encode("utf-16"),
        b'{"extra": {"a": 1e999}, ' + json.dumps(WHOLE).encode()[1:],
        b'{"timestamp": 1780135200, "id": 1e999, ' + json.dumps(WHOLE).encode()[1:],
        b'{"extra": {"a": "\xe9"}, ' + json.dumps(WHOLE).encode()[1:],
    ],
    ids=[
        "nan",
        "nul",
        "surrogates",
        "large number",
        "half an emoji",
        "control character",
        "byte order mark",
        "utf-16",
        "overflow among what is left undecoded",
        "overflow",
        "latin-1",
    ],
)
def test_json_that_only_some_readers_take_is_read_and_can_be_kept(raw: bytes) -> None:
    event = parse_event(raw, ORIGIN)
    assert event.event_id == ID
    assert event.exceptions[0].value == "Key (a)=(b) already exists."
    assert event.oddity is None
    assert can_be_kept(event)


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(WHOLE).encode().replace(b"=(b)", b"=(\\u0000)"),
        json.dumps(WHOLE).encode().replace(b"=(b)", b"=(\\udc00)"),
        json.dumps(WHOLE).encode().replace(b"=(b)", b"=(\xe9)"),
    ],
    ids=["nul", "surrogate", "latin-1"],
)
def test_an_error_text_that_lost_characters_says_so(raw: bytes) -> None:
    event = parse_event(raw, ORIGIN)
    assert event.event_id == ID
    assert event.exceptions[0].value == "Key (a)=(\N{REPLACEMENT CHARACTER}) already exists."
    assert event.oddity is not None
    assert can_be_kept(event)


def test_deep_values_are_cut_where_they_can_still_be_walked() -> None:
    nested: Any = "end"
    for _ in range(400):
        nested = [nested]
    event = parse_event(json.dumps(WHOLE | {"extra": {"a": nested}}).encode(), ORIGIN)
    assert can_be_kept(event)
    assert "…" in json.dumps(event.extra, ensure_ascii=False)


def test_names_are_kept_short_and_texts_whole() -> None:
    long = "x" * 100_000
    values = [{"type": long, "value": long}]
    body = WHOLE | {"environment": long, "release": long, "exception": {"values": values}}
    event = parse_event(json.dumps(body).encode(), ORIGIN)
    assert event.environment is not None
    assert len(event.environment) == 500
    assert event.exceptions[0].value == long


@given(st.binary(max_size=400))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    assert can_be_kept(parse_event(raw, ORIGIN))
    assert all(can_be_kept(event) for event in parse_events(raw, ORIGIN))
    parse_issues(raw)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from([*WHOLE, "entries", "tags", "data", "id"]), JSON_VALUES))
def test_no_json_under_the_known_names_makes_it_raise(damage: dict[str, Any]) -> None:
    raw = json.dumps(WHOLE | damage).encode()
    assert can_be_kept(parse_event(raw, ORIGIN))
    parse_issues(json.dumps([damage]).encode())


@given(st.integers(0, len(json.dumps(WHOLE))), st.binary(max_size=3))
def test_no_damage_to_a_good_body_makes_it_raise(place: int, put: bytes) -> None:
    raw = json.dumps(WHOLE).encode()
    assert can_be_kept(parse_event(raw[:place] + put + raw[place:], ORIGIN))
    assert can_be_kept(parse_event(raw[:place] + put, ORIGIN))


@given(st.text(max_size=200))
def test_any_text_may_be_handed_in_too(text: str) -> None:
    for event in parse_events(text, ORIGIN):
        assert can_be_kept(event)
