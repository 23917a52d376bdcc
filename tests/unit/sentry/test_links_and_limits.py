"""Headers of Sentry and its kin: the next page, and how long to wait."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.sentry.limits import pause_after, retry_after
from collectors.sentry.links import next_cursor

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PREVIOUS = '<https://s/api/?cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1"'
NEXT = '<https://s/api/?cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"'


@pytest.mark.parametrize(
    ("header", "cursor"),
    [
        (f"{PREVIOUS}, {NEXT}", "0:100:0"),
        (NEXT, "0:100:0"),
        (PREVIOUS, None),
        (NEXT.replace('"true"', '"false"'), None),
        (NEXT.replace('results="true"; ', ""), None),
        ("{'" + PREVIOUS + ", " + NEXT + "'}", "0:100:0"),
        ('{\'<https://s/api/?cursor=abc%3D%3D>; rel="next"; results="true"\'}', "abc=="),
        ("<https://s/?cursor=x>; rel=next; results=true", "x"),
        ('<https://s/>; rel="next"; results="true"', None),
        ('<https://[>; rel="next"; results="true"', None),
        ("", None),
        (None, None),
    ],
    ids=[
        "sentry",
        "next only",
        "previous only",
        "no results",
        "results not said",
        "wrapped in a set's repr",
        "cursor only in the address",
        "without quotes",
        "no cursor at all",
        "no address",
        "empty",
        "none",
    ],
)
def test_the_next_page_is_found_in_the_link_header(header: str | None, cursor: str | None) -> None:
    assert next_cursor(header) == cursor


@given(st.text())
def test_no_link_header_makes_it_raise(header: str) -> None:
    next_cursor(header)
    next_cursor(f'<{header}>; rel="next"; results="true"')


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Mon, 01 Jun 2026 12:00:30 GMT"}, 30.0),
        ({"Retry-After": "Mon, 01 Jun 2026 11:00:00 GMT"}, 0.0),
        ({"X-Sentry-Rate-Limit-Reset": "1780315204"}, 4.0),
        (
            {"X-Sentry-Rate-Limit-Reset": "1780318804", "Date": "Mon, 01 Jun 2026 13:00:00 GMT"},
            4.0,
        ),
        ({"Retry-After": "soon"}, None),
        ({"X-Sentry-Rate-Limit-Reset": "9" * 400}, None),
        ({"Retry-After": "²"}, None),
        ({"X-Sentry-Rate-Limit-Reset": "²"}, None),
        ({"X-Sentry-Rate-Limit-Reset": "1780315204000"}, None),
        ({"Retry-After": f"Mon, {'9' * 20} Jun 2026 12:00:30 GMT"}, None),
        ({"Retry-After": f"Mon, 01 Jun 2026 12:00:30 +{'9' * 20}"}, None),
        ({}, None),
    ],
    ids=[
        *("seconds", "date", "past", "reset", "reset by the server's clock", "word", "huge"),
        *("no number", "no number as reset", "milliseconds", "huge day", "huge offset", "none"),
    ],
)
def test_a_refused_call_waits_as_long_as_the_server_says(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(httpx.Headers(headers, encoding="latin-1"), NOW) == seconds


@pytest.mark.parametrize(
    ("remaining", "pause"), [("0", 4.0), ("1", 0.0), ("", 0.0)], ids=["used up", "left", "not said"]
)
def test_the_next_call_waits_when_this_one_used_up_the_limit(remaining: str, pause: float) -> None:
    headers = {
        "X-Sentry-Rate-Limit-Remaining": remaining,
        "X-Sentry-Rate-Limit-Reset": "1780315204",
    }
    assert pause_after(httpx.Headers(headers), NOW) == pause
