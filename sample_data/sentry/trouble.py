"""The local Sentry misbehaves on order: each fault is one that a real server was seen to have.

Whoever may write tells it what to do, at `/control/faults`: a list of `Fault`, which replaces the
last one. A fault meets the calls in whose path and query the pattern `on` is found: the first
`skip` of those pass, and the next `times` of them are met.
"""

from __future__ import annotations

import random
import re
import secrets
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from urllib.parse import parse_qs, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOREVER = 1_000_000_000
BOMB_MEGABYTES = 100


class Kind(StrEnum):
    """What a server may do instead of answering."""

    TOO_MANY = "429 with Sentry's headers"
    USED_UP = "an answer that says the rate limit is used up"
    ERROR = "500"
    STALLED = "no answer at all"
    CUT = "a connection cut in the middle of an answer"
    HTML = "HTML with status 200"
    REDIRECT = "a redirect to another host"
    BOMB = "a small answer that unpacks to a huge one"
    CUT_JSON = "JSON that ends in the middle"
    GONE = "a page that is no longer there"
    FIRST_PAGE = "the first page, whatever page was asked for"
    ENDLESS = "empty pages, each with a next one"
    SHUFFLED = "the same items in another order, each page with a next one"
    NOTHING = "an empty list, whatever there is"
    EMPTY = "200 with no body"
    REFUSED = "400, as for several projects on a plan that shows one at a time"
    UNLINKED = "a page that does not say whether there is another"


class Fault(msgspec.Struct, frozen=True):
    """One fault, and the calls that it meets."""

    kind: Kind
    on: str = "/api/0/"
    skip: int = 0
    times: int = FOREVER


class Misbehaving:
    """The application, but for the faults that were ordered."""

    def __init__(self, app: ASGIApp, may_order: Callable[[Request], bool]) -> None:
        self._app = app
        self._may_order = may_order
        self._faults: list[list[int]] = []
        self._ordered: Sequence[Fault] = ()

    def order(self, faults: Sequence[Fault]) -> None:
        """From now on, these and no others."""
        self._ordered = tuple(faults)
        self._faults = [[fault.skip, fault.times] for fault in faults]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or do what was ordered instead."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == "/control/faults":
            await (await self._take_order(Request(scope, receive)))(scope, receive, send)
        elif fault := self._met(f"{scope['path']}?{scope['query_string'].decode()}"):
            await ACTS[fault.kind](self._app, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _take_order(self, request: Request) -> Response:
        if not self._may_order(request):
            return Response(status_code=403)
        try:
            self.order(msgspec.json.decode(await request.body(), type=list[Fault]))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Response("A list of faults is wanted.", 400)
        return Response(status_code=204)

    def _met(self, call: str) -> Fault | None:
        for fault, left in zip(self._ordered, self._faults, strict=True):
            if not re.search(fault.on, call):
                continue
            if left[0] > 0:
                left[0] -= 1
            elif left[1] > 0:
                left[1] -= 1
                return fault
        return None


Act = Callable[[ASGIApp, Scope, Receive, Send], Awaitable[None]]


def _limits() -> dict[str, str]:
    """Sentry's headers when nothing is left until a moment from now."""
    return {
        "X-Sentry-Rate-Limit-Limit": "40",
        "X-Sentry-Rate-Limit-Remaining": "0",
        "X-Sentry-Rate-Limit-Reset": str(int(time.time()) + 1),
        "X-Sentry-Rate-Limit-ConcurrentLimit": "25",
        "X-Sentry-Rate-Limit-ConcurrentRemaining": "24",
    }


def _says(status: int, body: str, kind: str, headers: Mapping[str, str] | None = None) -> Act:
    async def act(_: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await Response(body, status, headers, media_type=kind)(scope, receive, send)

    return act


async def _too_many(_: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    body = '{"detail": "You are attempting to use this endpoint too frequently."}'
    response = Response(body, 429, _limits(), media_type="application/json")
    await response(scope, receive, send)


async def _used_up(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    start, body = await _answer(app, scope, receive)
    await _give(send, start, body, _limits())


async def _stalled(_: ASGIApp, __: Scope, receive: Receive, ___: Send) -> None:
    """Until whoever asks hangs up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cut(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """The server closes a connection on which the promised bytes did not come."""
    start, body = await _answer(app, scope, receive)
    await send(start)
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


async def _cut_json(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    start, body = await _answer(app, scope, receive)
    await _give(send, start, body[: len(body) // 2])


async def _bomb(_: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    headers = {"Content-Encoding": "gzip"}
    response = Response(_packed_spaces(), 200, headers, media_type="application/json")
    await response(scope, receive, send)


async def _first_page(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(_of_first_page(scope), receive, send)


async def _endless(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    start, _ = await _answer(app, _of_first_page(scope), receive)
    await _give(send, start, b"[]", _next_link())


async def _shuffled(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    start, body = await _answer(app, _of_first_page(scope), receive)
    read = msgspec.json.decode(body)
    items = read["data"] if isinstance(read, dict) else read
    random.shuffle(items)
    await _give(send, start, msgspec.json.encode(read), _next_link())


async def _nothing(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    start, body = await _answer(app, scope, receive)
    await _give(send, start, b'{"data": []}' if body.startswith(b"{") else b"[]", {"Link": ""})


async def _unlinked(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    start, body = await _answer(app, scope, receive)
    told = [(name, value) for name, value in start["headers"] if name.lower() != b"link"]
    await _give(send, {**start, "headers": told}, body)


ACTS: Mapping[Kind, Act] = {
    Kind.TOO_MANY: _too_many,
    Kind.USED_UP: _used_up,
    Kind.ERROR: _says(500, "<h1>Server Error (500)</h1>", "text/html"),
    Kind.STALLED: _stalled,
    Kind.CUT: _cut,
    Kind.HTML: _says(200, "<!doctype html><title>Sentry</title>", "text/html"),
    Kind.REDIRECT: _says(302, "", "text/html", {"Location": "https://login.example.com/auth/"}),
    Kind.BOMB: _bomb,
    Kind.CUT_JSON: _cut_json,
    Kind.GONE: _says(
        404, '{"detail": "The requested resource does not exist"}', "application/json"
    ),
    Kind.REFUSED: _says(
        400, '{"detail": "You cannot view events from multiple projects."}', "application/json"
    ),
    Kind.FIRST_PAGE: _first_page,
    Kind.ENDLESS: _endless,
    Kind.SHUFFLED: _shuffled,
    Kind.NOTHING: _nothing,
    Kind.EMPTY: _says(200, "", "application/json"),
    Kind.UNLINKED: _unlinked,
}


async def _answer(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """What the application would have answered: the start of it, and its body."""
    came: list[Message] = []

    async def keep(message: Message) -> None:
        came.append(message)

    await app(scope, receive, keep)
    return came[0], b"".join(message.get("body", b"") for message in came[1:])


async def _give(
    send: Send, start: Message, body: bytes, headers: Mapping[str, str] | None = None
) -> None:
    """That answer with another body, and with these headers instead of its own."""
    told = {name.lower().encode(): value.encode() for name, value in (headers or {}).items()}
    told[b"content-length"] = str(len(body)).encode()
    kept = [(name, value) for name, value in start["headers"] if name not in told]
    await send({**start, "headers": [*kept, *told.items()]})
    await send({"type": "http.response.body", "body": body})


def _next_link() -> dict[str, str]:
    """A cursor that never came before."""
    cursor = f"0:{secrets.randbelow(FOREVER)}:0"
    address = f"http://127.0.0.1/?cursor={cursor}"
    return {"Link": f'<{address}>; rel="next"; results="true"; cursor="{cursor}"'}


def _of_first_page(scope: Scope) -> Scope:
    query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
    query.pop("cursor", None)
    return {**scope, "query_string": urlencode(query, doseq=True).encode()}


@cache
def _packed_spaces() -> bytes:
    """A gzip of a list with nothing but white space in it."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    spaces = b" " * 1_000_000
    parts = [packer.compress(b"["), *(packer.compress(spaces) for _ in range(BOMB_MEGABYTES))]
    return b"".join([*parts, packer.compress(b"]"), packer.flush()])
