"""The ASGI app: Streamlit over `app.py`, behind a host allow-list and security headers.

By itself Streamlit accepts any Host (DNS rebinding), sends no Content-Security-Policy, and shows
and logs tracebacks, which hold customer data. All of that is decided here; `.streamlit/config.toml`
holds only the looks. Without a login the server listens on loopback and nowhere else.
"""

from __future__ import annotations

import logging
import socket
import tomllib
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import sentry_sdk
import streamlit as st
import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.starlette import App

from collectors.errors import TombstoneError, UsageError

LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self' 'unsafe-inline'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""Nothing may be fetched from, sent to or framed by another origin, whatever an Event contains."""

OPTIONS: Mapping[str, Any] = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "viewer",
    "global.developmentMode": False,
    "logger.enableRich": False,
    "logger.level": "warning",
    "runner.magicEnabled": False,
    "server.address": "127.0.0.1",
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.runOnSave": False,
}

_PACKAGE = Path(__file__).parent
_APP = _PACKAGE / "app.py"
_LOOKS = (_PACKAGE / ".streamlit" / "config.toml", _PACKAGE.parent / ".streamlit" / "config.toml")
"""In a wheel the looks lie inside the package, in a checkout beside it."""


def create_app(hosts: Sequence[str] = ()) -> App:
    """The dashboard; `hosts` are names it may be called by besides those of loopback."""
    allowed = [*LOOPBACK, *hosts]
    options = {**OPTIONS, **dict(_looks()), "server.allowedHosts": allowed}
    config.get_config_options(force_reparse=True, options_from_flags=options)
    logging.getLogger("streamlit.error_util").addFilter(_without_customer_data)
    return st.App(
        _APP,
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=allowed, www_redirect=False),
        ],
        lifespan=_prepared,
        on_script_error=show_own_fault,
        exception_handlers={Exception: _answer_own_fault},
    )


def run(
    host: str = "127.0.0.1",
    port: int = 8501,
    *,
    hosts: Sequence[str] = (),
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until interrupted; port 0 takes a free one. `on_ready` hears the address.

    Raises UsageError for a host that is not loopback, and for a port that is taken.
    """
    if not _is_loopback(host):
        raise UsageError("Without a login the dashboard listens on loopback only: use 127.0.0.1.")
    listening = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listening.getsockname()[1]}"
    server = _Server(
        uvicorn.Config(
            create_app(hosts),
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=5,
            ws="websockets-sansio",
            ws_max_size=config.get_option("server.maxMessageSize") * 1_000_000,
        ),
        on_ready=lambda: (on_ready or _say)(address),
    )
    server.run(sockets=[listening])


@asynccontextmanager
async def _prepared(_app: App) -> AsyncIterator[None]:
    """Import the pages before anybody is let in: that takes seconds, and a visitor none."""
    import_module("dashboard.views")
    yield


class SecurityHeaders:
    """Adds HEADERS to every answer, errors and static files included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the headers on whatever starts an answer."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


def show_own_fault(error: Exception) -> bool:
    """What the page says instead of a traceback; True tells Streamlit to add nothing."""
    if isinstance(error, TombstoneError):
        st.error("This could not be done.", icon=":material/error:")
        st.code(str(error), language=None, wrap_lines=True)
    else:
        sentry_sdk.capture_exception(error)  # silent unless the settings name a Sentry of our own
        st.error(
            "A fault of our own: this part of the page could not be shown. Nothing was changed. "
            "The server's log says where it happened.",
            icon=":material/error:",
        )
    return True


def _answer_own_fault(_request: Request, _error: Exception) -> Response:
    """Starlette answers this one outside every middleware, so it brings the headers itself."""
    return PlainTextResponse("A fault of our own.", status_code=500, headers=HEADERS)


def scrubbed(error: BaseException) -> str:
    """The kind of a fault and its place in the code; its text may quote a row, so it is left out.

    >>> scrubbed(ValueError("Key (email)=(jane@example.com) already exists."))
    'ValueError'
    """
    steps = [
        f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)
    ]
    return " ".join([type(error).__name__, *(["at", " > ".join(steps)] if steps else [])])


def _without_customer_data(record: logging.LogRecord) -> bool:
    """Streamlit logs a script's exception in full before anyone may object; cut it down."""
    if record.exc_info and record.exc_info[1] is not None:
        record.msg, record.args = "A page failed: %s", (scrubbed(record.exc_info[1]),)
        record.exc_info = record.exc_text = None
    return True


def _looks() -> Iterator[tuple[str, Any]]:
    """The theme as Streamlit's dotted options: ("theme.light.textColor", "#0E1622")."""
    path = next((path for path in _LOOKS if path.is_file()), None)
    if path is not None:
        yield from _dotted(tomllib.loads(path.read_text(encoding="utf-8")), "")


def _dotted(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise UsageError(f"Port {port} cannot be used: {error.strerror}. Try --port 0.") from error
    return listening


def _say(address: str) -> None:
    print(f"Tombstone is at {address} (loopback only, no login)", flush=True)  # noqa: T201


class _Server(uvicorn.Server):
    """uvicorn that tells when it answers."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()
