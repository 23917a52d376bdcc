"""Who may open a session's socket: the dashboard's own pages, and no other site's.

Streamlit compares host names only, so any other program's page on this machine passes, whatever its
port; and to know our own addresses it asks a server on the internet. Here the whole origin counts.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

_PORTS = {"http": 80, "https": 443}
_POLICY_VIOLATION = 1008
"""https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1"""


class OwnOrigin:
    """Refuses a socket whose Origin is not where its request was sent to, nor `public`."""

    def __init__(self, app: ASGIApp, public: str | None = None) -> None:
        self._app = app
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        if scope["type"] == "websocket" and not self._may_open(Headers(scope=scope)):
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        await self._app(scope, receive, send)

    def _may_open(self, headers: Headers) -> bool:
        """Whoever sends no Origin is no browser, and brings nobody's cookie."""
        origin = headers.get("origin")
        return origin is None or is_own(origin, headers.get("host", ""), self._public)


def is_own(origin: str, host: str, public: str | None) -> bool:
    """Whether a page of this origin is ours; behind a proxy `host` may be its name for us.

    >>> is_own("http://localhost:8501", "localhost:8501", None)
    True
    >>> is_own("http://localhost:3000", "localhost:8501", None)
    False
    """
    try:
        came, sent = urlsplit(origin), urlsplit(f"//{host}")
        port = _PORTS.get(came.scheme)
        if port is None or came.hostname is None:
            return False
        same = came.hostname == sent.hostname and (came.port or port) == (sent.port or port)
    except ValueError:
        return False
    return same or (public is not None and origin.casefold() == _origin(public).casefold())


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
