"""Servers that repeat themselves, never end, or answer with pages that cannot be read whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from collectors.errors import SentryUnreachable
from collectors.sentry.client import SentryClient
from collectors.sentry.limits import Limits
from collectors.sentry.paging import pages
from collectors.sentry.sources import WebApi
from tests.http.serving import QUICK, Served, drained, serving

ISSUES = [
    {"id": str(n), "lastSeen": f"2026-05-30T1{n}:00:00Z", "count": "1"} for n in reversed(range(3))
]


def link(cursor: str | None) -> str:
    results = "false" if cursor is None else "true"
    return f'<http://s/?cursor={cursor}>; rel="next"; results="{results}"; cursor="{cursor}"'


def events(first: int, count: int) -> list[dict[str, Any]]:
    return [
        {"event_id": f"{n:032x}", "timestamp": "2026-05-30T10:00:00Z"}
        for n in range(first, first + count)
    ]


Page = tuple[bytes, str | None]


@contextmanager
def server(
    answer: Callable[[int, int], Page], limits: Limits = QUICK
) -> Iterator[tuple[Served, SentryClient]]:
    """Lists of events are answered from (offset, limit); the list of issues is always the same."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        query = parse_qs(request.url.query)
        if request.url.path.endswith("/issues/"):
            body, cursor = json.dumps(ISSUES).encode(), None
        else:
            body, cursor = answer(int(query.get("cursor", ["0"])[0]), int(query["limit"][0]))
        response = Response(body, headers={"Link": link(cursor)}, media_type="application/json")
        await response(scope, receive, send)

    with serving(app) as served, SentryClient(served.url, "t", "sample", limits=limits) as client:
        yield served, client


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


def one_page_for_ever(offset: int, limit: int) -> Page:
    return as_json(events(0, limit)), str(offset + 1)


def two_pages_in_turn(offset: int, limit: int) -> Page:
    return as_json(events(offset % 2 * 100, limit)), str(offset + 1)


def one_cursor_for_ever(offset: int, limit: int) -> Page:
    return as_json(events(0 if offset == 0 else 100, limit)), "7"


def empty_pages_for_ever(offset: int, limit: int) -> Page:
    return b"[]", str(offset + 1)


@pytest.mark.parametrize(
    ("answer", "new", "word"),
    [
        (one_page_for_ever, 1, "repeats a page"),
        (two_pages_in_turn, 2, "repeats a page"),
        (one_cursor_for_ever, 2, "repeats"),
        (empty_pages_for_ever, 1, "repeats a page"),
    ],
    ids=["one page", "two pages in turn", "one cursor", "empty pages"],
)
def test_a_list_without_an_end_is_left_with_a_word(
    answer: Callable[[int, int], Page], new: int, word: str
) -> None:
    with server(answer) as (_, client):
        read, error = drained(pages(client, "/api/0/issues/1/events/", {}, "events"))
    assert len(read) == new
    assert word in str(error)


def test_one_endless_issue_does_not_keep_the_others_from_being_read() -> None:
    with server(one_page_for_ever) as (_, client):
        read, error = drained(WebApi(client).pages(None, None))
    assert {event.issue_id for page in read for event in page.events} == {"0", "1", "2"}
    assert error is not None
    assert error.permanent
    assert "repeats a page of events of issue 2" in str(error)
    assert read[-1].cursor is not None
    assert '"floor":null' in read[-1].cursor
    assert '"done":{}' in read[-1].cursor


LARGE = replace(QUICK, max_reply_bytes=20_000)


def heavy(offset: int, limit: int) -> Page:
    """250 events, of which number 60 alone fills a reply."""
    some = events(offset, min(limit, 250 - offset))
    for event in some:
        if event["event_id"].endswith("3c"):
            event["padding"] = "x" * 19_000
    return as_json(some), str(offset + len(some)) if offset + len(some) < 250 else None


def broken(offset: int, limit: int) -> Page:
    """250 events, of which number 60 is no JSON."""
    some = [as_json(event) for event in events(offset, min(limit, 250 - offset))]
    parts = [b'{"cut": ' if b'3c"' in part else part for part in some]
    body = b"[" + b",".join(parts) + b"]"
    return body, str(offset + len(some)) if offset + len(some) < 250 else None


@pytest.mark.parametrize("answer", [heavy, broken], ids=["too large", "no JSON"])
def test_a_page_that_cannot_be_read_whole_is_read_in_pieces(
    answer: Callable[[int, int], Page],
) -> None:
    with server(answer, LARGE) as (served, client):
        run = WebApi(client).pages(None, None)
        found = [event for page in run for event in page.events if event.issue_id == "1"]
    assert len(found) == 250
    assert sum(event.oddity is not None for event in found) == (answer is broken)
    assert len(served.calls) < 100


def test_a_single_event_beyond_the_limit_is_said_and_the_rest_is_read() -> None:
    def answer(offset: int, limit: int) -> Page:
        return as_json([{"event_id": "a" * 32, "padding": "x" * 30_000}]), None

    with server(answer, LARGE) as (_, client), pytest.raises(SentryUnreachable, match="larger"):
        list(WebApi(client).pages(None, None))


def test_a_server_that_ignores_the_page_size_does_not_make_pages_larger() -> None:
    def answer(offset: int, limit: int) -> Page:
        return as_json(events(0, 950)), None

    with server(answer) as (_, client):
        read = list(WebApi(client).pages(None, None))
    assert max(len(page.events) for page in read) == 100
    assert sum(len(page.events) for page in read) == 3 * 950


def test_a_list_of_issues_that_is_none_is_said() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = Response(b'{"detail": "maintenance"}', media_type="application/json")
        await response(scope, receive, send)

    with serving(app) as served, SentryClient(served.url, "t", "sample", limits=QUICK) as client:
        _, error = drained(WebApi(client).pages(None, None))
    assert "is no list" in str(error)
