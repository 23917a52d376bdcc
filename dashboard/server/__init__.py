"""The ASGI app: Streamlit over `app.py`, behind a host allow-list and security headers.

By itself Streamlit accepts any Host (DNS rebinding), sends no Content-Security-Policy, and shows
and logs tracebacks, which hold customer data. All of that is decided here; `.streamlit/config.toml`
holds only the looks. Without a login the server listens on loopback and nowhere else.

headers.py  what every answer says to the browser
faults.py   what is said and logged when something fails
logins.py   what Streamlit's own login leaves open
origins.py  whose pages may open a session
options.py  how Streamlit is told to serve
"""

from __future__ import annotations

import gc
import logging
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from ipaddress import ip_address
from threading import Event, Thread

import streamlit as st
import uvicorn
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from streamlit import config
from streamlit.starlette import App

from collectors.errors import UsageError
from collectors.settings import load_settings
from dashboard.data.held import keep_ready
from dashboard.server.faults import answer_own_fault, log_without_customer_data, show_own_fault
from dashboard.server.headers import HEADERS, SecurityHeaders
from dashboard.server.logins import LoginGuard, streamlit_secrets
from dashboard.server.options import OPTIONS, PACKAGE, looks
from dashboard.server.origins import OwnOrigin
from dashboard.settings import LOOPBACK, AccessSettings, load_write_settings

__all__ = ["HEADERS", "create_app", "prepared", "run", "show_own_fault"]

_APP = PACKAGE / "app.py"


def create_app(hosts: Sequence[str] = (), access: AccessSettings | None = None) -> App:
    """The dashboard; `hosts` are names it may be called by besides those of loopback.

    `access` says whether there is a login. Raises SettingsError for one without a secret key.
    """
    access = access or AccessSettings()
    has_login = access.oidc.public_address is not None
    named = [access.oidc.public_host] if access.oidc.public_host else []
    allowed = [*LOOPBACK, *hosts, *named]
    options = {
        **OPTIONS,
        **dict(looks()),
        "server.allowedHosts": allowed,
        "server.baseUrlPath": access.oidc.public_path,
    }
    config.get_config_options(force_reparse=True, options_from_flags=options)
    log_without_customer_data()
    return st.App(
        _APP,
        secrets=streamlit_secrets(access, load_settings().required_secret()) if has_login else {},
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=allowed, www_redirect=False),
            Middleware(OwnOrigin, public=access.oidc.public_address),
            *([Middleware(LoginGuard, access=access)] if has_login else []),
        ],
        lifespan=prepared,
        on_script_error=show_own_fault,
        exception_handlers={Exception: answer_own_fault},
    )


def run(
    host: str = "127.0.0.1",
    port: int = 8501,
    *,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until interrupted; port 0 takes a free one. `on_ready` hears the address.

    Raises UsageError for a host that is not loopback where there is no login, and for a port that
    is taken.
    """
    access = load_write_settings().access
    if access.oidc.public_address is None and not _is_loopback(host):
        raise UsageError(
            "Without a login the dashboard listens on loopback only: use 127.0.0.1, "
            "or set access.oidc."
        )
    _log_heads()
    listening = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listening.getsockname()[1]}{access.oidc.public_path}"
    server = _Server(
        uvicorn.Config(
            create_app(_names(host), access),
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=5,
            ws="websockets-sansio",
            ws_max_size=config.get_option("server.maxMessageSize") * 1_000_000,
        ),
        on_ready=lambda: on_ready(address) if on_ready else _say(address, access),
    )
    server.run(sockets=[listening])


@asynccontextmanager
async def prepared(_app: App) -> AsyncIterator[None]:
    """Import the pages before anybody is let in: that takes seconds, and a visitor none.

    What they are made of lives as long as the server. Streamlit looks for garbage at the end of
    every run, before its last words reach the browser, and need not go through all of that again.

    Beside them, a thread has the answers ready when something new was stored.
    """
    import_module("dashboard.views")
    gc.collect()
    gc.freeze()
    stopped = Event()
    Thread(target=keep_ready, args=(stopped,), name="answers", daemon=True).start()
    yield
    stopped.set()


def _log_heads() -> None:
    """Each new head of the journal goes to stderr, where whoever keeps our log has it."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    journal = logging.getLogger("tombstone.journal")
    journal.setLevel(logging.INFO)
    journal.addHandler(handler)


def _names(host: str) -> list[str]:
    """What the dashboard may be called by besides: the loopback address that it listens on.

    >>> _names("127.0.0.2"), _names("0.0.0.0")
    (['127.0.0.2'], [])
    """
    return [host] if _is_loopback(host) else []


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
        what = f"Port {port}" if host == "127.0.0.1" else f"{host} port {port}"
        raise UsageError(f"{what} cannot be used: {error.strerror}. Try --port 0.") from error
    return listening


def _say(address: str, access: AccessSettings) -> None:
    public = access.oidc.public_address
    how = f"people sign in at {public}" if public else "loopback only, no login"
    print(f"Tombstone is at {address} ({how})", flush=True)  # noqa: T201


class _Server(uvicorn.Server):
    """uvicorn that tells when it answers."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()
