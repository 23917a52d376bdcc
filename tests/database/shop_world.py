"""A running sandbox for the tests: real HTTP, real PostgreSQL, and somewhere to send events to."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from sample_data.api.access import organization_token
from sample_data.api.process import ApiProcess
from sample_data.api.settings import Settings
from sample_data.postgres import Database, Postgres

CONTROL = "the control token of this test"
SECRET = "the secret that the tokens of this test are derived from"

# A request that crashed closes its connection, so none is used twice.
CLIENT = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0), timeout=30)


class Received(ThreadingHTTPServer):
    """The smallest thing that real events can be sent to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Envelopes)
        self.events: list[dict[str, Any]] = []

    @property
    def dsn(self) -> str:
        return f"http://public@127.0.0.1:{self.server_port}/1"


class _Envelopes(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        lines = gzip.decompress(body).split(b"\n")
        assert isinstance(self.server, Received)
        self.server.events.extend(
            json.loads(lines[i + 1])
            for i in range(1, len(lines) - 1, 2)
            if json.loads(lines[i])["type"] == "event"
        )
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A running sandbox."""

    url: str
    settings: Settings
    databases: dict[str, Database]
    received: Received

    def merchant(self, environment: str, slug: str | None = None) -> Merchant:
        """A new organization's client."""
        slug = slug or f"org-{uuid4().hex[:8]}"
        row = self.databases[environment].execute(
            "INSERT INTO organizations (id, created_at, name, slug, email)"
            " VALUES (gen_random_uuid(), now(), 'Acme', %s, 'boss@acme.test') RETURNING id",
            [slug],
        )
        return Merchant(self, environment, slug, row[0][0])

    def control(self, path: str, **body: str) -> httpx.Response:
        headers = {"X-Sandbox-Control": CONTROL}
        return CLIENT.post(f"{self.url}/control/{path}", json=body, headers=headers)

    def list_customers(self, token: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        page: dict[str, Any] = CLIENT.get(f"{self.url}/v1/customers/", headers=headers).json()
        return page

    def last_event(self) -> dict[str, Any]:
        assert self.control("flush").json() == {"flushed": True}
        return self.received.events[-1]


@dataclass(frozen=True, slots=True)
class Merchant:
    """What one organization can do with its token."""

    shop: Shop
    environment: str
    slug: str
    id: UUID
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        token = organization_token(SECRET, self.environment, self.slug)
        headers = {"Authorization": f"Bearer {token}", "X-Sandbox-Control": CONTROL}
        object.__setattr__(self, "headers", headers)

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        url = f"{self.shop.url}/v1/{path}"
        return CLIENT.request(method, url, headers=headers, **options)

    def create(self, email: str, **more: Any) -> httpx.Response:
        headers = more.pop("headers", {})
        return self.send("POST", "customers/", json={"email": email, **more}, headers=headers)

    def new_customer(self, email: str, **more: Any) -> str:
        answer = self.create(email, **more)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def delete(self, customer: str, **options: Any) -> None:
        answer = self.send("DELETE", f"customers/{customer}", **options)
        assert answer.status_code == 204, answer.text

    def deleted_customer(self, email: str, **more: Any) -> str:
        customer = self.new_customer(email, **more)
        self.delete(customer)
        return customer

    def new_member(self, customer: str, email: str, **more: Any) -> httpx.Response:
        body = {"customer_id": customer, "email": email, **more}
        return self.send("POST", "members/", json=body)


@contextmanager
def running(
    postgres: Postgres, data: Path, environments: Sequence[str], patience: float = 5.0
) -> Iterator[Shop]:
    """A sandbox with a fresh database for each environment."""
    names = {environment: f"shop_{uuid4().hex}" for environment in environments}
    for name in names.values():
        postgres.create_database(name)
    databases = {e: Database(name, postgres.dsn(name)) for e, name in names.items()}
    with Received() as received:
        threading.Thread(target=received.serve_forever, daemon=True).start()
        settings = Settings(
            {e: d.dsn for e, d in databases.items()},
            SECRET,
            CONTROL,
            received.dsn,
            provider_timeout_seconds=patience,
        )
        with ApiProcess.start(settings, data) as api:
            yield Shop(api.url, settings, databases, received)
        received.shutdown()
    for name in names.values():
        postgres.drop_database(name)
