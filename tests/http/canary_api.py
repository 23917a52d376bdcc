"""A small customer API that can be told to misbehave; run as a process it can be killed."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

Rows = dict[str, dict[str, Any]]


def create_app(fault: str = "") -> Starlette:
    """`fault` names one way to be wrong; none is an API that keeps its contract."""
    rows: Rows = {"1": {"id": "1", "email": "somebody@example.org", "external_id": "crm-1"}}
    late: Rows = {}
    counts = {"create": 0, "list": 0, "delete": 0}

    async def create(request: Request) -> Response:
        counts["create"] += 1
        body = await request.json()
        if answer := await _faulty_create(fault, counts["create"]):
            return answer
        key = body["email"] if fault == "case matters" else body["email"].casefold()
        taken = [row for row in rows.values() if _same(row, key, body, fault)]
        if taken and fault == "idempotent":
            return JSONResponse(taken[0], 200)
        if taken:
            return JSONResponse({"code": "already_exists"}, 409)
        made = {**body, "id": str(len(rows) + counts["create"] * 10)}
        if fault == "late creation" and counts["create"] == 1:
            late[made["id"]] = made
            return PlainTextResponse("Gateway Timeout", 504)
        rows[made["id"]] = made
        return JSONResponse(made, 201)

    async def listed(request: Request) -> Response:
        counts["list"] += 1
        if fault == "dies after a deletion" and counts["delete"]:
            os._exit(1)  # at the next request, so that the deletion is always answered first
        wanted = request.query_params["email"].casefold()
        if fault == "late list" and counts["list"] % 2:
            return JSONResponse({"items": []})
        everyone = list(rows.values())
        if fault != "unfiltered":
            everyone = [row for row in everyone if row["email"].casefold() == wanted]
        rows.update(late)  # carried out only after somebody has looked
        late.clear()
        return JSONResponse({"items": everyone})

    async def delete(request: Request) -> Response:
        counts["delete"] += 1
        if fault == "second deletion" and counts["delete"] % 2 == 0:
            return PlainTextResponse("Internal Server Error", 500)
        if fault == "deaf to deletions":
            return Response(status_code=204)
        if rows.pop(request.path_params["id"], None) is None:
            return JSONResponse({"detail": "not found"}, 404)
        return Response(status_code=204)

    async def everything(_: Request) -> Response:
        return JSONResponse(sorted(rows))

    return Starlette(
        routes=[
            Route("/v1/customers/", create, methods=["POST"]),
            Route("/v1/customers/", listed, methods=["GET"]),
            Route("/v1/customers/{id}", delete, methods=["DELETE"]),
            Route("/everything", everything),
        ]
    )


async def _faulty_create(fault: str, number: int) -> Response | None:
    if fault == "hangs":
        await asyncio.sleep(60)
    if fault == "hangs at the re-creation" and number == 3:
        await asyncio.sleep(60)
    answers: dict[str, Callable[[], Response]] = {
        "html": lambda: HTMLResponse("<h1>Sign in</h1>"),
        "refused": lambda: JSONResponse({"detail": "who are you?"}, 401),
        "elsewhere": lambda: Response(status_code=307, headers={"location": "https://other/"}),
        "huge": lambda: JSONResponse({"id": "x" * 2_000_000}, 201),
        "broken json": lambda: Response("{", 201, media_type="application/json"),
        "busy": lambda: JSONResponse({}, 429),
    }
    return answers[fault]() if fault in answers else None


def _same(row: dict[str, Any], key: str, body: dict[str, Any], fault: str) -> bool:
    own = row["email"] if fault == "case matters" else row["email"].casefold()
    return bool(own == key or (body.get("external_id") or "") == row.get("external_id"))


if __name__ == "__main__":
    uvicorn.run(create_app(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
