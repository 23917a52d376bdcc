"""Rows of Sentry's Discover, as they are and as they should not be."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.linking.light import Need, read_light
from collectors.sentry.parse import Origin
from collectors.sentry.parse.row import FIELDS, is_rows, parse_rows

ORIGIN = Origin(datetime(2026, 6, 1, 12, tzinfo=UTC))
ROW = {
    "id": "A" * 32,
    "timestamp": "2026-06-01T10:00:00+00:00",
    "title": "IntegrityError: duplicate key",
    "message": "",
    "project.name": "api",
    "issue.id": 42,
    "environment": "production",
    "release": "shop@1.0",
    "transaction": "shop.customer.create",
    "http.method": "POST",
    "http.url": "https://shop.test/v1/customers/7?x=a@b.c",
    "error.type": ["UniqueViolation", "IntegrityError"],
    "error.value": ["inner", "outer"],
}


def rows(*some: dict[str, Any]) -> bytes:
    return json.dumps({"data": some, "meta": {}}).encode()


def test_a_row_is_an_event_without_its_frames() -> None:
    (event,) = parse_rows(rows(ROW), ORIGIN) or ()
    assert event.light
    assert event.event_id == "a" * 32
    assert event.occurred_at == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert (event.project, event.issue_id) == ("api", "42")
    assert [(one.type, one.value) for one in event.exceptions] == [
        ("UniqueViolation", "inner"),
        ("IntegrityError", "outer"),
    ]
    assert event.request is not None
    assert (event.request.method, event.request.route) == ("POST", "/v1/customers/{id}")
    assert event.message is None


def test_no_more_fields_are_asked_for_than_sentry_allows() -> None:
    assert len(FIELDS) <= 20
    assert set(FIELDS) == set(ROW)


@pytest.mark.parametrize(
    ("change", "values"),
    [
        ({"error.value": ["only one"]}, ["only one", "…"]),
        ({"error.type": "One", "error.value": "text"}, ["text"]),
        ({"error.type": None, "error.value": None}, []),
        ({"error.type": ["A"], "error.value": [None]}, [""]),
    ],
    ids=["uneven lists", "no lists", "none", "a null"],
)
def test_exceptions_come_in_many_shapes(change: dict[str, Any], values: list[str]) -> None:
    (event,) = parse_rows(rows(ROW | change), ORIGIN) or ()
    assert [one.value for one in event.exceptions] == values


@pytest.mark.parametrize(
    ("title", "message"), [("the cache is cold", "the cache is cold"), ("<unlabeled event>", None)]
)
def test_a_label_is_no_message(title: str, message: str | None) -> None:
    bare = {"title": title, "error.type": None, "error.value": None}
    (event,) = parse_rows(rows(ROW | bare), ORIGIN) or ()
    assert event.message == message


@pytest.mark.parametrize("change", [{"id": None}, {"id": "x"}], ids=str)
def test_a_row_that_names_no_event_is_left_out(change: dict[str, Any]) -> None:
    assert parse_rows(rows(ROW | change, ROW), ORIGIN) == parse_rows(rows(ROW), ORIGIN)


@pytest.mark.parametrize("time", [None, "soon", "2026-06-09T10:00:00+00:00", 5], ids=str)
def test_a_row_without_a_plausible_time_wants_its_body(time: object) -> None:
    (event,) = parse_rows(rows(ROW | {"timestamp": time}), ORIGIN) or ()
    assert (event.event_id, event.issue_id, event.occurred_at) == (
        str(ROW["id"]).lower(),
        str(ROW["issue.id"]),
        ORIGIN.received_at,
    )
    assert read_light(event) is Need.BODY


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": 1}', b'{"data": [1]}', b"{"])
def test_what_is_no_page_of_rows_is_known(body: bytes) -> None:
    assert not is_rows(body)
    assert parse_rows(body, ORIGIN) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_row_makes_it_raise(row: dict[str, Any]) -> None:
    parse_rows(rows(row), ORIGIN)
