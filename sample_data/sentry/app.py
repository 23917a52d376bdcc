"""The local Sentry as an ASGI application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request

from sample_data.sentry import api, discover, glitchtip, pages, receiving
from sample_data.sentry.store import Store
from sample_data.sentry.trouble import Misbehaving

HOSTS = ["127.0.0.1", "localhost"]
"""Only these names: a page elsewhere must not reach it by pointing its own name here."""


class LocalServer(Misbehaving):
    """An application over one store; it answers as Sentry does, or as GlitchTip."""

    def __init__(
        self, store: Store, organization: str = "sample", *, as_glitchtip: bool = False
    ) -> None:
        own = glitchtip.ROUTES if as_glitchtip else [*api.ROUTES, *discover.ROUTES, *pages.ROUTES]
        app = Starlette(routes=[*receiving.ROUTES, *own])
        app.state.store = store
        app.state.organization = organization
        self._store = store
        super().__init__(TrustedHostMiddleware(app, allowed_hosts=HOSTS), self._may_order)

    def _may_order(self, request: Request) -> bool:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return "event:write" in (self._store.scopes_of(token) or ())
