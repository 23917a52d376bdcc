"""The payment provider: a real HTTP service outside, which may be slow, fail or not answer.

`Payments` is the shop's client. `provider` stands at the outside edge and plays the provider; a
holder of the control token may tell it how to behave for one request. This is the only place where
a fault can be asked for, and what the shop then meets is a real answer or a real silence.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from uuid import uuid4

import httpx
from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse

_SECONDS = {"usual": 0.002, "slow": 0.25, "error": 0.002}
"""How long the provider takes; a silent one takes a little longer than anybody waits for it."""

behaviour: ContextVar[str] = ContextVar("payment_provider", default="usual")
provider = APIRouter(prefix="/outside/payments", include_in_schema=False)


class Payments:
    """What the shop asks of its payment provider."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    @classmethod
    def at(cls, url: str, timeout_seconds: float) -> Payments:
        """A client of the provider at `url`; a kept connection might be closed just then."""
        limits = httpx.Limits(max_keepalive_connections=0)
        client = httpx.AsyncClient(
            base_url=url, timeout=timeout_seconds, limits=limits, trust_env=False
        )
        return cls(client)

    async def create_customer(self, email: str) -> str:
        """Make the customer known there; its id. Raises httpx's errors."""
        response = await self._client.post(
            "/customers", json={"email": email}, headers={"X-Behave": behaviour.get()}
        )
        response.raise_for_status()
        return str(response.json()["id"])

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()


@provider.post("/customers")
async def accept_customer(request: Request, x_behave: str = Header("usual")) -> JSONResponse:
    """Answer as told; the answer to an error is an answer, not a failure of this process."""
    patience: float = request.app.state.settings.provider_timeout_seconds
    await asyncio.sleep(_SECONDS.get(x_behave, patience + 0.5))
    if x_behave == "error":
        refused = {"error": {"type": "api_error", "message": "Try again later."}}
        return JSONResponse(refused, status_code=503)
    return JSONResponse({"id": f"cus_{uuid4().hex[:14]}"})
