"""What only a holder of the control token may do: deploy, flush, and choose a request's conditions.

None of this exists in a real shop. It lets the demo play eight weeks in seconds.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from starlette.types import ASGIApp, Receive, Scope, Send

from sample_data.api import clock, payments, reporting
from sample_data.api.modes import MODES

_FLUSH_SECONDS = 60.0


_HEADERS = (b"x-sandbox-control", b"x-sandbox-now", b"x-sandbox-payments")


class RequestConditions:
    """ASGI middleware that reads three headers and takes them away before anybody else sees them.

    X-Sandbox-Control   the control token, without which the others mean nothing
    X-Sandbox-Now       the request's clock, RFC 3339, to the microsecond
    X-Sandbox-Payments  how the payment provider behaves: usual, slow, error, silent

    Taking them away keeps the token out of the events: frame variables hold the request's scope.
    """

    def __init__(self, app: ASGIApp, control_token: str) -> None:
        self._app = app
        self._digest = _digest(control_token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set this request's context; another request's is untouched."""
        if scope["type"] == "http":
            given = {name: value.decode() for name, value in scope["headers"] if name in _HEADERS}
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in _HEADERS]
            controlled = hmac.compare_digest(_digest(given.pop(_HEADERS[0], "")), self._digest)
            scope.setdefault("state", {})["controlled"] = controlled
            if controlled:
                clock.shift(given.get(_HEADERS[1]))
                payments.behaviour.set(given.get(_HEADERS[2], "usual"))
        await self._app(scope, receive, send)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def _controlled(request: Request) -> None:
    if not request.state.controlled:
        raise HTTPException(403, "This needs the control token.")


router = APIRouter(prefix="/control", dependencies=[Depends(_controlled)], include_in_schema=False)


class Deploy(BaseModel):
    """Which release an environment is to run, and how it behaves."""

    environment: str
    release: str
    mode: str


@router.post("/deploy")
async def deploy(wanted: Deploy, request: Request) -> dict[str, Any]:
    """Run the release's DDL; 409 where the rows forbid its unique keys (they are looked at)."""
    environment = request.app.state.environments.get(wanted.environment)
    if environment is None or wanted.mode not in MODES:
        raise HTTPException(404, "There is no such environment or mode.")
    try:
        await environment.deploy(MODES[wanted.mode], wanted.release)
    except IntegrityError:
        detail = "Rows exist that this release's unique keys do not allow together."
        raise HTTPException(409, detail) from None
    return wanted.model_dump()


@router.get("/state")
async def state(request: Request) -> dict[str, dict[str, str]]:
    """What each environment runs."""
    return {
        name: {"release": environment.release, "mode": environment.mode.name}
        for name, environment in request.app.state.environments.items()
    }


@router.post("/flush")
async def flush() -> dict[str, bool]:
    """Wait until Sentry has been sent everything."""
    return {"flushed": await asyncio.to_thread(reporting.flush, _FLUSH_SECONDS)}
