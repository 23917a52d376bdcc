"""What Streamlit's own login leaves open, closed at the door.

Its cookie lasts 30 days, is sent over plain HTTP too, and a logout deletes it in one browser only;
its routes for downloads and uploads ask for no login at all; a second cookie holds the provider's
tokens, which nothing here needs; and whoever followed a deep link lands on the first page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import (
    AUTH_COOKIE_MAX_AGE_SECONDS,
    TOKENS_COOKIE_NAME,
    USER_COOKIE_NAME,
)

from collectors.errors import TombstoneError
from collectors.evidence.privacy import derive
from dashboard import data
from dashboard.access import Login
from dashboard.settings import AccessSettings

LOGIN, LOGOUT, CALLBACK = "/auth/login", "/auth/logout", "/oauth2callback"
CLOSED = ("/media/", "/_stcore/upload_file")
"""Answered to whoever is signed in, and to nobody else."""

BACK = "tombstone_back"
_BACK_SECONDS = 600
_INSIDE = re.compile(r"/(?!/)[\w./-]*(\?[\w=&.%+-]*)?")


def streamlit_secrets(access: AccessSettings, secret: str) -> dict[str, Any]:
    """What `st.login` wants to know; empty where there is no login."""
    oidc = access.oidc
    if oidc.public_address is None or oidc.client_secret is None:
        return {}
    return {
        "auth": {
            "redirect_uri": f"{oidc.public_address}{CALLBACK}",
            "cookie_secret": derive(secret, "login cookie").hex(),
            "client_id": oidc.client_id,
            "client_secret": oidc.client_secret.get_secret_value(),
            "server_metadata_url": str(oidc.metadata_url),
        }
    }


def login_of(cookies: Mapping[str, str]) -> Login | None:
    """The login that these cookies carry, if we have signed it."""
    secret = get_cookie_secret()

    def signed(name: str) -> bytes | None:
        held = cookies.get(name)
        return None if held is None else decode_signed_value(secret, name, held.encode("latin-1"))

    found = get_cookie_with_chunks(signed, USER_COOKIE_NAME)
    claims = json.loads(found) if found else None
    return Login(claims) if isinstance(claims, dict) else None


class LoginGuard:
    """Around Streamlit's own routes, where there is a login."""

    def __init__(self, app: ASGIApp, access: AccessSettings) -> None:
        self._app = app
        self._seconds = int(access.session_hours * 3600)
        self._secure = (access.oidc.public_address or "").startswith("https:")
        self._base = access.oidc.public_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, refuse, or end a login."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        path = self._within(request)
        if path.startswith(CLOSED) and not await _is_in(request):
            refusal = PlainTextResponse("Sign in first.", status_code=401)
            await refusal(scope, receive, send)
            return
        if path == LOGOUT:
            await _end(request)
        await self._app(scope, receive, self._answering(request, send))

    def _within(self, request: Request) -> str:
        """The path that is asked for, without the one that all of ours begin with."""
        return request.url.path.removeprefix(self._base)

    def _answering(self, request: Request, send: Send) -> Send:
        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                self._mend_cookies(headers)
                self._lead_back(request, headers)
            await send(message)

        return changed

    def _mend_cookies(self, headers: MutableHeaders) -> None:
        cookies = headers.getlist("set-cookie")
        if not any(cookie.startswith(USER_COOKIE_NAME) for cookie in cookies):
            return
        del headers["set-cookie"]
        for cookie in cookies:
            if not _sets_tokens(cookie):
                headers.append("set-cookie", self._shortened(cookie))

    def _shortened(self, cookie: str) -> str:
        if not cookie.startswith(USER_COOKIE_NAME):
            return cookie
        kept = min(AUTH_COOKIE_MAX_AGE_SECONDS, self._seconds)
        shorter = cookie.replace(f"Max-Age={AUTH_COOKIE_MAX_AGE_SECONDS}", f"Max-Age={kept}")
        return f"{shorter}; Secure" if self._secure else shorter

    def _lead_back(self, request: Request, headers: MutableHeaders) -> None:
        """Remember where somebody came from to sign in, and take them there after."""
        path = self._within(request)
        if path == LOGIN:
            origin = urlsplit(request.headers.get("referer", ""))
            wanted = f"{origin.path}?{origin.query}" if origin.query else origin.path
            if _INSIDE.fullmatch(wanted):
                headers.append("set-cookie", self._back(wanted, _BACK_SECONDS))
        elif path == CALLBACK and headers.get("location") == f"{self._base}/":
            wanted = request.cookies.get(BACK, "").strip('"')
            if _INSIDE.fullmatch(wanted):
                headers["location"] = wanted
                headers.append("set-cookie", self._back("", 0))

    def _back(self, value: str, seconds: int) -> str:
        secure = "; Secure" if self._secure else ""
        return (
            f'{BACK}="{value}"; Path={self._base}{CALLBACK}; Max-Age={seconds}; HttpOnly; '
            f"SameSite=Lax{secure}"
        )


def _sets_tokens(cookie: str) -> bool:
    """A deletion of it may pass."""
    return cookie.startswith(TOKENS_COOKIE_NAME) and "Max-Age=0" not in cookie


async def _is_in(request: Request) -> bool:
    login = login_of(request.cookies)
    if login is None:
        return False
    try:
        await run_in_threadpool(data.admitted, login)
    except TombstoneError:
        return False
    return True


async def _end(request: Request) -> None:
    login = login_of(request.cookies)
    if login is not None:
        await run_in_threadpool(data.end_login, login)
