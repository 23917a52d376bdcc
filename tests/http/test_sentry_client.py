"""What the client makes of answers that are not what they should be."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from starlette.types import Receive, Scope, Send

from collectors.errors import NotInSentry, ReplyTooLarge, SentryUnreachable, SettingsError
from collectors.sentry.client import SentryClient
from collectors.sentry.limits import Limits
from tests.http.serving import QUICK, Served, serving

TOKEN = "sntrys_a-secret-token"
Answer = Callable[[Send], Awaitable[None]]


def says(
    status: int = 200, body: bytes = b"[]", kind: str = "application/json", **headers: str
) -> Answer:
    """An answer with these headers (`_` for `-`)."""

    async def answer(send: Send) -> None:
        named = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
        named.append((b"content-type", kind.encode()))
        await send({"type": "http.response.start", "status": status, "headers": named})
        await send({"type": "http.response.body", "body": body})

    return answer


async def breaks_off(send: Send) -> None:
    """Promises more bytes than come."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'[{"id": '})


async def stalls(send: Send) -> None:
    """Answers later than anyone waits."""
    await asyncio.sleep(QUICK.timeout_s * 2)
    await says()(send)


async def drips(send: Send) -> None:
    """Sends a byte now and then, so that no single wait is too long."""
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for _ in range(60):
        await send({"type": "http.response.body", "body": b" ", "more_body": True})
        await asyncio.sleep(0.1)


@contextmanager
def server(*answers: Answer) -> Iterator[Served]:
    """Gives these answers in turn, then the last one for ever."""
    left = list(answers)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(send)

    with serving(app) as served:
        yield served


def client_of(served: Served, limits: Limits = QUICK) -> SentryClient:
    return SentryClient(served.url, TOKEN, "sample", limits=limits)


@pytest.mark.parametrize(
    ("passing", "calls"),
    [
        ([says(500)], 2),
        ([says(502), says(503), says(504)], 4),
        ([says(429, Retry_After="0")], 2),
        ([says(429)], 2),
        ([breaks_off], 2),
        ([stalls], 2),
        ([says(500, b"<html>", "text/html"), breaks_off, says(429)], 4),
    ],
    ids=[
        "500",
        "502 503 504",
        "429 with time",
        "429",
        "broken off",
        "stalled",
        "one after another",
    ],
)
def test_what_can_pass_is_tried_again(passing: list[Answer], calls: int) -> None:
    with server(*passing, says(body=b'[{"id": 1}]')) as served, client_of(served) as client:
        assert client.get("/api/0/x/").body == b'[{"id": 1}]'
        assert len(served.calls) == calls


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (says(401), "TOMBSTONE_SENTRY__TOKEN"),
        (
            says(401, b'{"detail": {"code": "sso-required", "message": "SSO", "extra": {}}}'),
            "asks something of the token's owner before it lets the token in (401): sso-required.",
        ),
        (says(401, b'{"detail": {"code": "of jane@example.com"}}'), "TOMBSTONE_SENTRY__TOKEN"),
        (says(401, b'{"detail": "' + b"x" * 20_000 + b'"}'), "TOMBSTONE_SENTRY__TOKEN"),
        (says(401, b"<html>", "text/html"), "401 at Sentry's address gives no JSON"),
        (says(403), "scope event:admin"),
        (says(403, b"<html>", "text/html"), "403 at Sentry's address gives no JSON"),
        (says(404), "TOMBSTONE_SENTRY__ORGANIZATION"),
        (says(404, b"<html>", "text/html"), "check TOMBSTONE_SENTRY__BASE_URL"),
        (says(400), "(400)"),
        (says(301, Location="https://[::1]:9443/api/0/?x=secret"), "https://[::1]:9443:"),
        (says(301, Location="//sentry.acme.com/"), "to http://sentry.acme.com:"),
        (says(301, Location="/auth/login/"), "to another path: a project"),
        (says(407), "The proxy on the way"),
        (
            says(302, Location="https://login.example.com/?next=secret"),
            "https://login.example.com:",
        ),
        (says(200, b"<html>", "text/html"), "not JSON"),
        (says(200, b"[]", "text/plain"), "not JSON"),
        (says(200, b"x" * 2_000), "larger than 1,000"),
    ],
    ids=[
        "401",
        "401, for a reason",
        "401, with words for people",
        "401 without an end",
        "401 of a gate",
        "403",
        "403 of a gate",
        "404",
        "404 of a web site",
        "400",
        "redirect to a port",
        "redirect without a scheme",
        "redirect on the same host",
        "407",
        "redirect",
        "html with 200",
        "text with 200",
        "too large",
    ],
)
def test_what_cannot_pass_is_said_at_once(answer: Answer, said: str) -> None:
    limits = replace(QUICK, max_reply_bytes=1_000)
    with server(answer) as served, client_of(served, limits) as client:
        with pytest.raises(SentryUnreachable) as caught:
            client.get("/api/0/x/", {"q": "jane@example.com"}, scope="event:admin")
        assert said in str(caught.value)
        assert caught.value.permanent
        assert len(served.calls) == 1


def test_errors_that_a_caller_acts_on_have_their_own_types() -> None:
    with server(says(404)) as served, client_of(served) as client, pytest.raises(NotInSentry):
        client.get("/api/0/x/")
    limits = Limits(max_reply_bytes=10)
    large = says(body=b"x" * 20)
    with server(large) as served, client_of(served, limits) as client, pytest.raises(ReplyTooLarge):
        client.get("/api/0/x/")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (says(500), "answered 500"),
        (says(429, Retry_After="2"), "answered 429"),
        (stalls, "in time"),
        (breaks_off, "Sentry"),
        (drips, "in time"),
    ],
    ids=["500", "429", "stalled", "broken off", "dripping"],
)
def test_patience_is_bounded_in_all(answer: Answer, said: str) -> None:
    limits = Limits(timeout_s=1.0, patience_s=1.5, first_wait_s=0.05)
    with server(answer) as served, client_of(served, limits) as client:
        began = time.monotonic()
        with pytest.raises(SentryUnreachable) as caught:
            client.get("/api/0/x/")
        assert time.monotonic() - began < 5
        assert said in str(caught.value)
        assert not caught.value.permanent


@pytest.mark.parametrize(
    "answer",
    [
        says(429, Retry_After="0"),
        says(429, Retry_After="Fri, 01 Jan 2021 00:00:00 GMT"),
        says(429, X_Sentry_Rate_Limit_Reset="1700000000"),
    ],
    ids=["no time", "a past date", "a past reset"],
)
def test_a_server_that_names_no_time_to_come_is_not_hammered(answer: Answer) -> None:
    limits = Limits(timeout_s=1.0, patience_s=1.0, first_wait_s=0.1)
    with server(answer) as served, client_of(served, limits) as client:
        with pytest.raises(SentryUnreachable, match="answered 429"):
            client.get("/api/0/x/")
        assert 2 <= len(served.calls) <= 8


@pytest.mark.parametrize("wait", ["3600", "Fri, 01 Jan 2100 00:00:00 GMT"], ids=["seconds", "date"])
def test_a_wait_beyond_patience_is_not_begun(wait: str) -> None:
    with server(says(429, Retry_After=wait)) as served, client_of(served) as client:
        began = time.monotonic()
        with pytest.raises(SentryUnreachable, match="429 and wants no call for"):
            client.get("/api/0/x/")
        assert time.monotonic() - began < 1
        assert len(served.calls) == 1


def test_a_refused_call_waits_as_long_as_it_was_told() -> None:
    with server(says(429, Retry_After="1"), says()) as served, client_of(served) as client:
        began = time.monotonic()
        client.get("/api/0/x/")
        assert time.monotonic() - began >= 0.95


def test_a_limit_that_is_used_up_is_sat_out_before_the_next_call() -> None:
    reset = str(int(time.time()) + 2)
    used_up = says(X_Sentry_Rate_Limit_Remaining="0", X_Sentry_Rate_Limit_Reset=reset)
    with server(used_up, says()) as served, client_of(served) as client:
        client.get("/api/0/x/")
        client.get("/api/0/x/")
        assert time.time() >= int(reset) - 0.05


def test_a_limit_that_is_used_up_for_long_is_said_at_once() -> None:
    reset = str(int(time.time()) + 3600)
    used_up = says(X_Sentry_Rate_Limit_Remaining="0", X_Sentry_Rate_Limit_Reset=reset)
    with server(used_up) as served, client_of(served) as client:
        client.get("/api/0/x/")
        began = time.monotonic()
        with pytest.raises(SentryUnreachable, match="rate limit"):
            client.get("/api/0/x/")
        assert time.monotonic() - began < 1
        assert len(served.calls) == 1


def test_a_port_that_speaks_no_tls_is_said() -> None:
    with server(says()) as served:
        address = served.url.replace("http:", "https:")
        limits = Limits(patience_s=0.3, first_wait_s=0.05)
        no_tls = pytest.raises(SentryUnreachable, match=r"no TLS .* that https is spoken there")
        with client_of(Served(address), limits) as client, no_tls:
            client.get("/api/0/x/")


def test_a_server_that_is_not_there_is_said_within_patience() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    limits = Limits(patience_s=0.3, first_wait_s=0.05)
    gone = Served(f"http://127.0.0.1:{port}")
    with client_of(gone, limits) as client, pytest.raises(SentryUnreachable, match="no connection"):
        client.get("/api/0/")


@pytest.mark.parametrize(
    "answer",
    [
        says(401),
        says(403),
        says(404),
        says(500),
        breaks_off,
        says(302, Location=f"https://h/{TOKEN}"),
    ],
    ids=["401", "403", "404", "500", "broken off", "redirect"],
)
def test_no_error_shows_the_token_or_the_question(answer: Answer) -> None:
    limits = Limits(timeout_s=0.3, patience_s=0.3, first_wait_s=0.05)
    with server(answer) as served, client_of(served, limits) as client:
        with pytest.raises(SentryUnreachable) as caught:
            client.get("/api/0/x/", {"query": "jane@example.com"})
        assert TOKEN not in repr(client)
    shown = f"{caught.value!r} {caught.value.__cause__!r}"
    assert TOKEN not in shown
    assert "jane" not in shown


def test_the_token_stands_in_the_header_alone() -> None:
    headers: list[dict[bytes, bytes]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers.append(dict(scope["headers"]))
        await says()(send)

    with serving(app) as served, client_of(served) as client:
        client.get("/api/0/x/", {"query": ""})
        assert headers[0][b"authorization"] == f"Bearer {TOKEN}".encode()
        assert served.calls == ["/api/0/x/?query="]


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "a\r\nX: y", "tökén", "a\0b"], ids=repr)
def test_a_token_that_is_none_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(SettingsError) as caught:
        SentryClient("http://127.0.0.1:1", token, "sample")
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("ALL_PROXY", "socks5://127.0.0.1:1"), ("SSL_CERT_FILE", "/nowhere/ca.pem")],
)
def test_an_environment_that_cannot_be_used_is_a_setting_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        SentryClient("https://sentry.example.com", TOKEN, "sample")


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [(b"407 Proxy Authentication Required", True), (b"502 Bad Gateway", False)],
    ids=["wants a login", "is out of order"],
)
def test_a_proxy_that_refuses_is_named(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, permanent: bool
) -> None:
    def refuse() -> None:
        with suppress(OSError):  # the end: the listening socket is shut below
            while True:
                with proxy.accept()[0] as asked, suppress(OSError):  # a client may hang up
                    asked.recv(4_096)
                    asked.sendall(b"HTTP/1.1 " + answer + b"\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        refusing = threading.Thread(target=refuse)
        refusing.start()
        try:
            limits = replace(QUICK, patience_s=1.0, first_wait_s=0.5)
            with SentryClient(
                "https://sentry.example.com", TOKEN, "sample", limits=limits
            ) as client:
                with pytest.raises(SentryUnreachable, match="The proxy on the way") as caught:
                    client.get("/api/0/x/")
                assert caught.value.permanent == permanent
        finally:
            proxy.shutdown(socket.SHUT_RDWR)
            refusing.join()


@pytest.mark.parametrize("suffix", ["", "/", "/api/0", "/api/0/"], ids=repr)
def test_the_base_url_may_be_given_with_or_without_its_api_path(suffix: str) -> None:
    with server(says()) as served:
        with SentryClient(served.url + suffix, TOKEN, "sample", limits=QUICK) as client:
            client.get("/api/0/x/")
        assert served.calls == ["/api/0/x/"]
