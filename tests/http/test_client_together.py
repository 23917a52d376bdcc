"""Several calls at once: as many as are allowed, in order, and all told the same."""

from __future__ import annotations

import asyncio
import gzip
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from collectors.errors import NotInSentry, ReplyTooLarge, SentryUnreachable, SettingsError
from collectors.sentry.client import Reply, SentryClient
from collectors.sentry.connect import trust_of
from collectors.sentry.together import together
from tests.http.serving import QUICK, drained, serving

JSON = [(b"content-type", b"application/json")]


class Counting:
    """Answers slowly with its own path, and knows how many it answered at the same time."""

    def __init__(self, **headers: str) -> None:
        self.running = self.most = 0
        self._headers = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0.03)
        self.running -= 1
        gone = scope["path"].endswith("/gone/")
        headers = [(b"content-type", b"application/json"), *self._headers]
        status = 404 if gone else 200
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b'"%s"' % scope["path"].encode()})


def client_of(url: str, at_once: int = 4) -> SentryClient:
    return SentryClient(url, "t", "sample", limits=replace(QUICK, at_once=at_once))


@pytest.mark.parametrize("at_once", [1, 3])
def test_answers_come_in_order_and_never_more_at_once_than_allowed(at_once: int) -> None:
    app = Counting()
    paths = [f"/{n}/" for n in range(12)]
    with serving(app) as served, client_of(served.url, at_once) as client:
        replies = list(together(client, [*paths, "/gone/"]))
    assert [r.body.decode() for r in replies if isinstance(r, Reply)] == [f'"{p}"' for p in paths]
    assert isinstance(replies[-1], NotInSentry)
    assert app.most == at_once


def test_what_the_server_allows_at_once_is_kept_to() -> None:
    app = Counting(X_Sentry_Rate_Limit_ConcurrentLimit="2")
    with serving(app) as served, client_of(served.url, 6) as client:
        client.get("/first/")
        list(together(client, [f"/{n}/" for n in range(10)]))
    assert app.most == 2


@pytest.mark.parametrize(
    ("refused", "status", "calls"),
    [(range(2, 4), 403, 50), (range(2, 50), 403, 30), (range(2, 3), 500, 50), (range(50), 500, 8)],
    ids=["two may not", "none may", "one fails", "all fail"],
)
def test_what_concerns_a_few_ends_nothing(refused: range, status: int, calls: int) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        code = status if int(scope["path"].strip("/")) in refused else 200
        headers = [*JSON, (b"retry-after", b"3600")]
        await send({"type": "http.response.start", "status": code, "headers": headers})
        await send({"type": "http.response.body", "body": b"[]"})

    with serving(app) as served, client_of(served.url) as client:
        replies, error = drained(together(client, [f"/{n}/" for n in range(50)]))
        assert (error is None) == (len(served.calls) == 50)
        assert len(served.calls) <= calls
    if error is None:
        missed = [n for n, reply in enumerate(replies) if not isinstance(reply, Reply)]
        assert missed == list(refused)


def test_whoever_leaves_does_not_wait_for_calls_under_way() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/0/":
            await asyncio.sleep(5)
        await send({"type": "http.response.start", "status": 200, "headers": JSON})
        await send({"type": "http.response.body", "body": b"[]"})

    with serving(app) as served, client_of(served.url) as client:
        replies = together(client, [f"/{n}/" for n in range(8)])
        next(replies)
        began = time.monotonic()
        replies.close()
        assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("encoding", "body", "error"),
    [
        ("gzip", gzip.compress(b" " * 3_000_000), ReplyTooLarge),
        ("x-gzip", gzip.compress(b" " * 3_000_000), ReplyTooLarge),
        ("br", b"\x1b\x00", SentryUnreachable),
        ("gzip", gzip.compress(b"[]" * 100)[:-8], SentryUnreachable),
        ("gzip", b"not packed at all", SentryUnreachable),
    ],
    ids=["unpacks to more than is read", "by its old name", "not asked for", "cut", "not packed"],
)
def test_a_packed_body_is_read_no_further_than_it_may_go(
    encoding: str, body: bytes, error: type[SentryUnreachable]
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-encoding", encoding.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    limits = replace(QUICK, patience_s=1.5, max_reply_bytes=1_000_000)
    with (
        serving(app) as served,
        SentryClient(served.url, "t", "s", limits=limits) as client,
        pytest.raises(error),
    ):
        client.get("/")


def test_a_packed_body_is_unpacked() -> None:
    asked: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(dict(scope["headers"])[b"accept-encoding"])
        headers = [(b"content-type", b"application/json"), (b"content-encoding", b"gzip")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": gzip.compress(b"[1]" * 1_000_000)})

    with serving(app) as served, client_of(served.url) as client:
        assert client.get("/").body == b"[1]" * 1_000_000
    assert asked == [b"gzip"]


def test_all_threads_wait_for_a_limit_that_one_was_told_of() -> None:
    reset = int(time.time()) + 2
    app = Counting(X_Sentry_Rate_Limit_Remaining="0", X_Sentry_Rate_Limit_Reset=str(reset))
    ended: list[float] = []
    with serving(app) as served, client_of(served.url) as client:
        client.get("/")

        def ask() -> None:
            client.get("/")
            ended.append(time.time())

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert min(ended) >= reset - 0.05


def test_a_file_that_holds_no_certificates_is_said(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("nothing")
    for bundle in (file, file.with_name("missing.pem")):
        with pytest.raises(SettingsError, match="CA_BUNDLE"):
            trust_of(bundle)
    assert trust_of(None) is None
