"""A Sentry that fails in the middle of a run: what could be read is kept, the rest read later."""

from __future__ import annotations

import json

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from collectors.sentry.client import SentryClient
from collectors.sentry.sources import WebApi
from sample_data.sentry.address import address_of
from sample_data.sentry.app import LocalServer
from sample_data.sentry.ingest import take_body
from sample_data.sentry.store import Store
from tests.http.serving import drained, event_body, serving


class Failing:
    """The application, but for the paths that are told to fail: for longer than anyone waits."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.broken: tuple[str, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fails = any(part in scope["path"] for part in self.broken)
        refusing = Response(status_code=500, headers={"Retry-After": "3600"})
        await (refusing if fails else self._app)(scope, receive, send)


def store_with(issues: int) -> Store:
    store = Store()
    store.add_project("api")
    for number in range(issues):
        body = event_body(f"issue {number}", minutes_ago=60 * number)
        take_body(store, 1, json.dumps(body).encode(), "")
    return store


@pytest.mark.parametrize(
    ("broken", "read"),
    [
        (("/issues/3/events/",), 4),
        (("/issues/3/events/", "/issues/4/events/"), 2),
        (("/events/",), 0),
        (("/issues/",), 0),
    ],
    ids=["one issue", "two in a row: the server is gone", "no events", "no issues"],
)
def test_what_a_fault_kept_back_is_read_by_the_next_run(broken: tuple[str, ...], read: int) -> None:
    store = store_with(issues=5)
    app = Failing(LocalServer(store))
    with serving(app) as served:
        token = address_of(store, 1, "sample", ["api"]).token
        with SentryClient(served.url, token, "sample") as client:
            source = WebApi(client, light=False)
            app.broken = broken
            pages, error = drained(source.pages(None, None))
            stored = [event.event_id for page in pages for event in page.events]
            assert len(stored) == read
            assert error is not None
            assert not error.permanent
            app.broken = ()
            cursor = pages[-1].cursor
            later = [e.event_id for page in source.pages(None, cursor) for e in page.events]
    assert len(later) == 5 - read
    assert len({*stored, *later}) == 5
    store.close()
