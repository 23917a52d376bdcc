"""The next page comes while the last one is used, and none that nobody will want."""

from __future__ import annotations

import time
import weakref
from contextlib import closing

from collectors.sentry.ahead import Ahead
from collectors.sentry.paging import pages
from tests.http.test_sentry_paging import Page, as_json, events, server

PATH = "/api/0/issues/1/events/"
PATIENCE_S = 20


def three_pages(offset: int, limit: int) -> Page:
    return as_json(events(offset, limit)), None if offset == 200 else str(offset + 100)


def test_the_next_page_is_asked_for_only_when_it_will_be_wanted() -> None:
    with (
        server(three_pages) as (served, client),
        closing(Ahead(pages(client, PATH, {}, "e"))) as ahead,
    ):
        assert ahead.take() is not None
        time.sleep(0.1)
        assert len(served.calls) == 1
        ahead.go_on()
        until = time.monotonic() + PATIENCE_S
        while len(served.calls) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        assert len(served.calls) == 2


def test_no_page_is_kept_while_the_next_one_comes() -> None:
    with server(three_pages) as (_, client), closing(Ahead(pages(client, PATH, {}, "e"))) as ahead:
        for _page in range(2):
            reply = ahead.take()
            assert reply is not None
            kept = weakref.ref(reply)
            del reply
            assert kept() is None
            ahead.go_on()


def test_every_page_comes_once_whether_asked_for_or_not() -> None:
    with server(three_pages) as (_, client), closing(Ahead(pages(client, PATH, {}, "e"))) as ahead:
        bodies = []
        while (reply := ahead.take()) is not None:
            bodies.append(reply.body)
            if len(bodies) != 2:
                ahead.go_on()
    assert bodies == [three_pages(offset, 100)[0] for offset in (0, 100, 200)]
