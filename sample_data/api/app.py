"""The sandbox as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from sample_data.api import control, reporting
from sample_data.api.checkout import endpoints as checkout
from sample_data.api.customer import endpoints as customer
from sample_data.api.environment import Environment
from sample_data.api.member import endpoints as member
from sample_data.api.order import endpoints as order
from sample_data.api.payments import Payments, provider
from sample_data.api.settings import Settings
from sample_data.api.subscription import endpoints as subscription

_FLUSH_SECONDS = 10.0


def create_app(settings: Settings, payments_url: str) -> FastAPI:
    """The shop of these settings; `payments_url` is where its payment provider answers.

    Starting it makes the schema where it is missing; stopping it sends what Sentry has not got yet.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.callback(reporting.flush, _FLUSH_SECONDS)
            app.state.payments = Payments.at(payments_url, settings.provider_timeout_seconds)
            stack.push_async_callback(app.state.payments.close)
            for name, dsn in settings.databases.items():
                environment = await Environment.open(name, dsn, settings.mode, settings.release)
                stack.push_async_callback(environment.close)
                app.state.environments[name] = environment
            yield

    reporting.start(settings.sentry_dsn)
    app = FastAPI(title="Sandbox shop", lifespan=lifespan)
    app.state.settings = settings
    app.state.environments = {}
    app.add_middleware(control.RequestConditions, control_token=settings.control_token)
    for module in (customer, member, checkout, subscription, order):
        app.include_router(module.router)
    app.include_router(control.router)
    app.include_router(provider)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return app
