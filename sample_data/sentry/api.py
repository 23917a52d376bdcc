"""The part of Sentry's Web API that Tombstone uses, with Bearer tokens and their scopes."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sample_data.sentry.cursors import link_header, page_of
from sample_data.sentry.filters import BadRequest, EventFilter, event_filter, issue_filter
from sample_data.sentry.render import (
    comment_json,
    full_event,
    issue_json,
    json_list,
    light_event_json,
    project_json,
)
from sample_data.sentry.store import Row, Store, body_of

STATUSES = {
    "resolved": None,
    "unresolved": "ongoing",
    "ignored": "archived_until_escalating",
    "resolvedInNextRelease": None,
}

Endpoint = Callable[[Request], Awaitable[Response]]


class NotThere(Exception):
    """Answered with 404."""


def answer(value: Any, status: int = 200, link: str | None = None) -> Response:
    """JSON; bytes are JSON already."""
    body = value if isinstance(value, bytes) else msgspec.json.encode(value)
    headers = {"Link": link} if link else None
    return Response(body, status, headers, media_type="application/json")


def needs(scope: str) -> Callable[[Endpoint], Endpoint]:
    """Let only a token with that scope in, and only for the organization that is here."""

    def guard(endpoint: Endpoint) -> Endpoint:
        @wraps(endpoint)
        async def guarded(request: Request) -> Response:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            scopes = store_of(request).scopes_of(token) if scheme.lower() == "bearer" else None
            if scopes is None:
                return answer({"detail": "Invalid token"}, 401)
            if scope not in scopes:
                detail = "You do not have permission to perform this action."
                return answer({"detail": detail}, 403)
            try:
                named = request.path_params.get("organization", request.app.state.organization)
                if named != request.app.state.organization:
                    raise NotThere
                return await endpoint(request)
            except NotThere:
                return answer({"detail": "The requested resource does not exist"}, 404)
            except BadRequest as error:
                return answer({"detail": str(error)}, 400)

        return guarded

    return guard


async def root(request: Request) -> Response:
    """GET /api/0/: who is asking; answers without a token too."""
    token = request.headers.get("Authorization", "").partition(" ")[2]
    scopes = store_of(request).scopes_of(token)
    auth = {"scopes": sorted(scopes)} if scopes is not None else None
    return answer({"version": "0", "auth": auth, "user": None})


@needs("org:read")
async def organization(request: Request) -> Response:
    """GET one organization: there is only one."""
    slug = request.app.state.organization
    return answer({"id": "1", "slug": slug, "name": slug})


@needs("project:read")
async def projects(request: Request) -> Response:
    """GET the projects, of which there is never more than a page."""
    return answer([project_json(row) for row in store_of(request).projects()])


@needs("project:read")
async def project(request: Request) -> Response:
    """GET one project, by its number or its slug."""
    return answer(project_json(_project(request)))


@needs("event:read")
async def issues(request: Request) -> Response:
    """GET the issues of the organization."""
    wanted = issue_filter(request.query_params, datetime.now(UTC))
    wanted.ids = [int(one) for one in request.query_params.getlist("group") if one.isdigit()]
    wanted.events.project_ids = projects_asked_for(request)
    limit, offset = page_of(request)
    rows = store_of(request).issues(wanted, limit + 1, offset)
    link = link_header(request, limit, offset, more=len(rows) > limit)
    return answer([_issue_json(request, row) for row in rows[:limit]], link=link)


@needs("event:read")
async def issue(request: Request) -> Response:
    """GET one issue."""
    return answer(_issue_json(request, _issue(request)))


@needs("event:write")
async def change_issue(request: Request) -> Response:
    """PUT a status."""
    row = _issue(request)
    status = (await _object(request)).get("status")
    if status not in STATUSES:
        raise BadRequest("Invalid status")
    kept = "resolved" if status == "resolvedInNextRelease" else str(status)
    store_of(request).set_status(row["id"], kept, STATUSES[str(status)])
    return answer(_issue_json(request, _issue(request)))


@needs("event:read")
async def issue_events(request: Request) -> Response:
    """GET an issue's events, with their bodies for `full=true`."""
    wanted = event_filter(request.query_params, datetime.now(UTC))
    wanted.issue_id = _issue(request)["id"]
    return _events(request, wanted)


@needs("event:read")
async def issue_event(request: Request) -> Response:
    """GET one event of an issue with its body."""
    row = store_of(request).event(_issue(request)["project_id"], request.path_params["event_id"])
    if row is None or row["issue_id"] != _issue(request)["id"]:
        raise NotThere
    return answer(_full(row))


@needs("project:read")
async def project_events(request: Request) -> Response:
    """GET a project's events."""
    wanted = event_filter(request.query_params, datetime.now(UTC))
    wanted.project_ids = [_project(request)["id"]]
    return _events(request, wanted)


@needs("project:read")
async def project_event(request: Request) -> Response:
    """GET one event with its body."""
    row = store_of(request).event(_project(request)["id"], request.path_params["event_id"])
    if row is None:
        raise NotThere
    return answer(_full(row))


@needs("event:read")
async def comments(request: Request) -> Response:
    """GET an issue's comments."""
    rows = store_of(request).comments(_issue(request)["id"])
    return answer([comment_json(row) for row in rows])


@needs("event:write")
async def add_comment(request: Request) -> Response:
    """POST a comment."""
    row = _issue(request)
    text = (await _object(request)).get("text")
    if not isinstance(text, str) or not text:
        raise BadRequest("This field is required.")
    return answer(comment_json(store_of(request).add_comment(row["id"], text, time.time())), 201)


def store_of(request: Request) -> Store:
    """The store of the application that is asked."""
    store: Store = request.app.state.store
    return store


def _issue(request: Request) -> Row:
    row = store_of(request).issue(request.path_params["issue_id"])
    if row is None:
        raise NotThere
    return row


def _project(request: Request) -> Row:
    row = store_of(request).project(request.path_params["project"])
    if row is None:
        raise NotThere
    return row


def projects_asked_for(request: Request) -> list[int]:
    """The projects that a request names, by number alone as in most versions; none means all."""
    asked = request.query_params.getlist("project")
    if not asked or "-1" in asked:
        return []
    if not all(name.isdigit() for name in asked):
        raise BadRequest("Invalid project parameter. Values must be numbers.")
    rows = [store_of(request).project(name) for name in asked]
    if not all(rows):
        raise NotThere
    return [row["id"] for row in rows if row]


def _issue_json(request: Request, row: Row) -> dict[str, Any]:
    base = str(request.base_url).rstrip("/")
    return issue_json(row, base, request.app.state.organization)


def _events(request: Request, wanted: EventFilter) -> Response:
    limit, offset = page_of(request)
    rows = store_of(request).events(wanted, limit + 1, offset)
    link = link_header(request, limit, offset, more=len(rows) > limit)
    if request.query_params.get("full", "").lower() in ("1", "true"):
        return answer(json_list(_full(row) for row in rows[:limit]), link=link)
    return answer([light_event_json(row) for row in rows[:limit]], link=link)


def _full(row: Row) -> bytes:
    return full_event(row, body_of(row))


async def _object(request: Request) -> dict[str, Any]:
    try:
        read = msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest("JSON parse error") from error
    return read if isinstance(read, dict) else {}


_ISSUE = "/api/0/issues/{issue_id:int}"
_ORGANIZATION = "/api/0/organizations/{organization}"
_PROJECT = "/api/0/projects/{organization}/{project}"

ROUTES = [
    Route("/api/0/", root),
    Route("/api/0/projects/", projects),
    Route(f"{_ORGANIZATION}/", organization),
    Route(f"{_ORGANIZATION}/projects/", projects),
    Route(f"{_ORGANIZATION}/issues/", issues),
    Route(f"{_PROJECT}/", project),
    Route(f"{_PROJECT}/events/", project_events),
    Route(f"{_PROJECT}/events/{{event_id}}/", project_event),
    *(
        route
        for prefix in (_ISSUE, f"{_ORGANIZATION}/issues/{{issue_id:int}}")
        for route in (
            Route(f"{prefix}/", issue, methods=["GET"]),
            Route(f"{prefix}/", change_issue, methods=["PUT"]),
            Route(f"{prefix}/events/", issue_events),
            Route(f"{prefix}/events/{{event_id}}/", issue_event),
            Route(f"{prefix}/comments/", comments, methods=["GET"]),
            Route(f"{prefix}/comments/", add_comment, methods=["POST"]),
        )
    ),
]
