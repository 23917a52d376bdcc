"""Where SDKs deliver: envelopes, and bare event bodies."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sample_data.sentry.api import answer, store_of
from sample_data.sentry.ingest import key_of, take_body, take_envelope
from sample_data.sentry.wire import MAX_WIRE, UnreadableBody


async def envelope(request: Request) -> Response:
    """POST what the SDK sends."""
    return await _take(request, bare=False)


async def bare_event(request: Request) -> Response:
    """POST an event body alone; kept as it came, even if it is no JSON."""
    return await _take(request, bare=True)


async def _take(request: Request, *, bare: bool) -> Response:
    store = store_of(request)
    project = store.project(str(request.path_params["project_id"]))
    key = key_of(request.headers.get("X-Sentry-Auth", ""), request.url.query)
    if project is None or key != project["public_key"]:
        detail = "event submission rejected with_reason: ProjectId or key"
        return answer({"detail": detail}, 403)
    data = await _body(request)
    if data is None:
        return answer({"detail": "The body is too large."}, 413)
    encoding = request.headers.get("Content-Encoding", "").lower()
    try:
        taken = (take_body if bare else take_envelope)(store, project["id"], data, encoding)
    except UnreadableBody as error:
        return answer({"detail": str(error)}, 400)
    return answer({"id": taken})


async def _body(request: Request) -> bytes | None:
    """The whole body, None when it is larger than is taken."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_WIRE:
            return None
    return bytes(body)


ROUTES = [
    Route("/api/{project_id:int}/envelope/", envelope, methods=["POST"]),
    Route("/api/{project_id:int}/store/", bare_event, methods=["POST"]),
]
