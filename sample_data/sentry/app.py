"""The local Sentry as an ASGI application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from sample_data.sentry import api, pages, receiving
from sample_data.sentry.store import Store

HOSTS = ["127.0.0.1", "localhost"]
"""Only these names: a page elsewhere must not reach it by pointing its own name here."""


def create_app(store: Store, organization: str = "sample") -> Starlette:
    """An application over one store."""
    app = Starlette(
        routes=[*api.ROUTES, *receiving.ROUTES, *pages.ROUTES],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)],
    )
    app.state.store = store
    app.state.organization = organization
    return app
