"""Real HTTP servers on loopback: a local Sentry of the test's own, and servers that misbehave."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from collectors.errors import SentryUnreachable
from collectors.sentry.client import SentryClient
from collectors.sentry.limits import Limits
from sample_data.sentry.address import Address, address_of
from sample_data.sentry.app import LocalServer
from sample_data.sentry.store import Store
from sample_data.sentry.trouble import Fault, Kind

ONE_AT_A_TIME = Fault(Kind.REFUSED, on=r"sample/(issues|events)/\?(?!.*project=\d)")
"""A plan that shows one project at a time: what asks about several is refused."""

QUICK = Limits(timeout_s=2.0, patience_s=30.0, first_wait_s=0.01)
"""For servers whose faults pass. They end soon; a busy machine may answer seconds late."""


@dataclass
class Served:
    """A running server; `calls` are the paths that were asked for, with their queries."""

    url: str
    calls: list[str] = field(default_factory=list)

    def take_calls(self) -> list[str]:
        """The calls since the last time, which are forgotten then."""
        taken = self.calls[:]
        self.calls.clear()
        return taken


class Loopback:
    """One server for all tests, each of which gives it the application it needs.

    Starting and stopping a server takes longer than most tests.
    """

    def __init__(self) -> None:
        self._sock = socket.create_server(("127.0.0.1", 0))
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.url = f"http://127.0.0.1:{self._sock.getsockname()[1]}"
        self.app: ASGIApp | None = None
        self.calls: list[str] = []
        config = uvicorn.Config(
            self._answer,
            interface="asgi3",
            lifespan="off",
            log_level="critical",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._sock]}, daemon=True
        )
        self._thread.start()

    def settle(self) -> None:
        """Let arrive what an earlier client has left under way: it is no call of the next one's.

        Connections are taken up in their order, so whatever came before is known once the last is.
        """
        with socket.create_connection(self._sock.getsockname(), timeout=60) as last:
            last.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            while last.recv(4_096):
                pass
        deadline = time.monotonic() + 2
        while self._server.server_state.connections and time.monotonic() < deadline:
            time.sleep(0.001)

    def stop(self) -> None:
        """End the server."""
        self._server.should_exit = True
        self._thread.join()
        self._sock.close()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode()
        self.calls.append(scope["path"] + (f"?{query}" if query else ""))
        assert self.app is not None
        await self.app(scope, receive, send)


_loopback = cache(Loopback)


def stop_loopback() -> None:
    """After the last test."""
    if _loopback.cache_info().currsize:
        _loopback().stop()


@contextmanager
def serving(app: ASGIApp) -> Iterator[Served]:
    """The application on a loopback port, for as long as the block lasts."""
    server = _loopback()
    server.settle()
    served = Served(server.url)
    server.app, server.calls = app, served.calls
    yield served
    server.app = None


class SentryOfTest:
    """A local Sentry in memory, and the ways a test uses it."""

    def __init__(self, served: Served, server: LocalServer, store: Store, address: Address) -> None:
        self.served = served
        self.server = server
        self.store = store
        self.address = address
        self._http = httpx.Client(verify=False)

    def client(self, limits: Limits | None = None) -> SentryClient:
        """A collector's client with the reading token."""
        address = self.address
        return SentryClient(address.url, address.token, address.organization, limits=limits)

    def send(self, body: dict[str, Any] | bytes, project: str = "api") -> str:
        """Send an event body as it is; its id."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        key, _, rest = self.address.dsns[project].removeprefix("http://").partition("@")
        number = rest.rpartition("/")[2]
        answer = self._http.post(
            f"{self.address.url}/api/{number}/store/",
            content=raw,
            headers={"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={key}"},
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def get(self, path: str, token: str | None = None, **params: Any) -> httpx.Response:
        """A bare GET with a token."""
        headers = {"Authorization": f"Bearer {token or self.address.token}"}
        return self._http.get(self.address.url + path, params=params, headers=headers)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


@contextmanager
def local_sentry(*projects: str, as_glitchtip: bool = False) -> Iterator[SentryOfTest]:
    """A local Sentry with these projects ("api" if none is named)."""
    store = Store()
    server = LocalServer(store, as_glitchtip=as_glitchtip)
    with serving(server) as served:
        port = int(served.url.rpartition(":")[2])
        address = address_of(store, port, "sample", projects or ("api",))
        sentry = SentryOfTest(served, server, store, address)
        yield sentry
        sentry.close()
    store.close()


T = TypeVar("T")


def drained(run: Iterable[T]) -> tuple[list[T], SentryUnreachable | None]:
    """Everything that came before the end, and the error it ended with."""
    came: list[T] = []
    try:
        came.extend(run)
    except SentryUnreachable as error:
        return came, error
    return came, None


def event_body(group: str = "one", *, minutes_ago: float = 0.0, **fields: Any) -> dict[str, Any]:
    """An event of the issue called `group`."""
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {
        "event_id": uuid4().hex,
        "timestamp": at.isoformat(),
        "platform": "python",
        "environment": "production",
        "fingerprint": [group],
        "exception": {
            "values": [
                {
                    "type": "IntegrityError",
                    "value": "Key (email)=(jane@example.com) already exists.",
                    "stacktrace": {"frames": [{"module": "shop", "function": "f", "in_app": True}]},
                }
            ]
        },
        **fields,
    }
