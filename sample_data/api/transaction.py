"""One request, one transaction: it is committed after the endpoint, outside the endpoint's code.

That is where a deleted row's key is found out: the duplicate check passed, the endpoint has
returned, and the INSERT that commits it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import IntegrityError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncSession

_UNIQUE_VIOLATION = "23505"


class TransactionalRoute(APIRoute):
    """Commits what the endpoint left in its session; rolls back whatever failed."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's own handler."""
        handle = super().get_route_handler()

        async def in_transaction(request: Request) -> Response:
            try:
                response = await handle(request)
                await _session(request).commit()
            except (IntegrityError, PendingRollbackError) as error:
                if (answer := _conflict(request, error)) is not None:
                    return answer
                raise
            finally:
                if hasattr(request.state, "session"):
                    await _session(request).close()
            return response

        return in_transaction


def _session(request: Request) -> AsyncSession:
    session: AsyncSession = request.state.session
    return session


def _conflict(request: Request, error: BaseException) -> JSONResponse | None:
    """The 409 of a release that answers unique violations; None where nobody catches them."""
    while not isinstance(error, IntegrityError):
        if error.__context__ is None:
            return None
        error = error.__context__
    code = getattr(error.orig, "sqlstate", None)
    if code != _UNIQUE_VIOLATION or not request.state.mode.answers_conflicts:
        return None
    cause = error.orig.__cause__ if error.orig else None
    return JSONResponse(
        {
            "error": "conflict",
            "reason": "unique_key_held",
            "constraint": getattr(cause, "constraint_name", None),
            "detail": "Another record, which may be a deleted one, holds this key.",
        },
        status_code=409,
    )
