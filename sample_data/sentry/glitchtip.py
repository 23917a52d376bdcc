"""The same events as GlitchTip gives them, with what sets it apart from Sentry.

The Link header is the text of a Python set; an Issue's events are in snake_case, with release and
environment among the tags alone; lists are ordered by when an event was received, and take a
`limit`, no period and no project's slug; ids are numbers here and texts there; what is no path of
its API is answered with its front page.
"""

from __future__ import annotations

import base64
import time
from typing import Any
from urllib.parse import parse_qs

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sample_data.sentry.api import (
    NotThere,
    answer,
    needs,
    organization,
    project,
    projects,
    store_of,
)
from sample_data.sentry.cursors import MAX_PAGE
from sample_data.sentry.render import comment_json, full_event, iso, issue_json
from sample_data.sentry.shapes import ERRORS
from sample_data.sentry.store import Row, body_of

VERSION = "5.2.0"
SORTS = {
    "-last_seen": "last DESC",
    "last_seen": "last",
    "-first_seen": "first DESC",
    "first_seen": "first",
    "-count": "n DESC",
    "count": "n",
}
STATUSES = ("resolved", "unresolved", "ignored")

_ISSUES = (
    "SELECT i.*, p.slug, count(*) n, min(e.received) first, max(e.received) last FROM issues i"
    " JOIN projects p ON p.id = i.project_id JOIN events e ON e.issue_id = i.id"
)
_SNAKE = {
    "eventID": "event_id",
    "groupID": "group_id",
    "projectID": "project_id",
    "dateCreated": "date_created",
    "dateReceived": "date_received",
}


async def settings(_: Request) -> Response:
    """GET /api/settings/, which anybody may."""
    return answer({"iPaidForGlitchTip": False, "billingEnabled": False, "version": VERSION})


async def root(request: Request) -> Response:
    """GET /api/0/: says the token again."""
    token = request.headers.get("Authorization", "").partition(" ")[2]
    scopes = store_of(request).scopes_of(token)
    auth = {"scopes": sorted(scopes), "token": token} if scopes is not None else None
    return answer({"version": "0", "auth": auth, "user": None})


@needs("event:read")
async def issues(request: Request) -> Response:
    """GET the issues of the organization, or of one project by its slug."""
    params = request.query_params
    sort = params.get("sort", "-last_seen")
    numbers = params.getlist("project")
    if sort not in SORTS or not all(number.lstrip("-").isdigit() for number in numbers):
        return answer({"detail": [{"type": "literal_error"}]}, 422)
    where, values = ["1"], []
    if numbers:
        where.append(f"p.id IN ({', '.join('?' * len(numbers))})")
        values += [int(number) for number in numbers]
    if slug := request.path_params.get("project"):
        where.append("p.slug = ?")
        values.append(slug)
    query = f"{_ISSUES} WHERE {' AND '.join(where)} GROUP BY i.id ORDER BY {SORTS[sort]}, i.id DESC"
    rows, link = _page(request, query, *values)
    return answer([_issue_json(request, row) for row in rows], link=link)


@needs("event:read")
async def issue(request: Request) -> Response:
    """GET one issue."""
    return answer(_issue_json(request, _issue(request)))


@needs("event:write")
async def change_issue(request: Request) -> Response:
    """PUT a status; anything else is dropped without a word, and no status at all is a 500."""
    row = _issue(request)
    status = (await _object(request)).get("status")
    if status not in STATUSES:
        return Response(status_code=500)
    store_of(request).set_status(row["id"], str(status), None)
    return answer(_issue_json(request, _issue(request)))


@needs("event:read")
async def events(request: Request) -> Response:
    """GET an issue's events with their bodies, the last one received first."""
    query = "SELECT * FROM events WHERE issue_id = ? ORDER BY received DESC, id DESC"
    rows, link = _page(request, query, _issue(request)["id"])
    return answer([_event(row) for row in rows], link=link)


@needs("event:read")
async def comments(request: Request) -> Response:
    """GET an issue's comments."""
    rows = store_of(request).comments(_issue(request)["id"])
    return answer([comment_json(row) for row in rows])


@needs("event:write")
async def add_comment(request: Request) -> Response:
    """POST a comment, in a shape of GlitchTip's own."""
    row = _issue(request)
    data = (await _object(request)).get("data")
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        return answer({"detail": [{"type": "missing", "loc": ["body", "payload", "data"]}]}, 422)
    added = store_of(request).add_comment(row["id"], data["text"], time.time())
    return answer(comment_json(added), 201)


async def front_page(_: Request) -> Response:
    """What its web server gives for every address that is not there."""
    return HTMLResponse("<!doctype html><title>GlitchTip</title>")


def _page(request: Request, query: str, *values: Any) -> tuple[list[Row], str]:
    """The asked page, and the Link header as GlitchTip writes it."""
    asked = request.query_params.get("limit", str(MAX_PAGE))
    limit = min(int(asked) if asked.isdigit() else MAX_PAGE, MAX_PAGE)
    offset = _offset(request)
    rows = store_of(request).rows(f"{query} LIMIT ? OFFSET ?", *values, limit + 1, offset)
    links = [
        _link(request, "previous", offset - limit if offset else None),
        _link(request, "next", offset + limit if len(rows) > limit else None),
    ]
    return rows[:limit], str({", ".join(links)})


def _link(request: Request, rel: str, offset: int | None) -> str:
    if offset is None:
        return f'<{request.url}>; rel="{rel}"; results="false"'
    cursor = base64.b64encode(f"o={max(0, offset)}".encode()).decode()
    url = request.url.include_query_params(cursor=cursor)
    return f'<{url}>; rel="{rel}"; results="true"; cursor="{cursor}"'


def _offset(request: Request) -> int:
    cursor = base64.b64decode(request.query_params.get("cursor", "")).decode()
    return int(parse_qs(cursor).get("o", ["0"])[0])


def _issue(request: Request) -> Row:
    query = f"{_ISSUES} WHERE i.id = ? GROUP BY i.id"
    rows = store_of(request).rows(query, request.path_params["issue_id"])
    if not rows:
        raise NotThere
    return rows[0]


def _issue_json(request: Request, row: Row) -> dict[str, Any]:
    told = issue_json(row, "", request.app.state.organization)
    for absent in ("substatus", "lifetime", "annotations", "isUnhandled"):
        told.pop(absent, None)
    return told | {"id": row["id"], "permalink": "Not implemented", "matchingEventId": None}


def _event(row: Row) -> dict[str, Any]:
    """The Web API's event with its outer keys in snake_case; frames as they were sent."""
    try:
        read = msgspec.json.decode(full_event(row, body_of(row)), type=dict[str, Any])
    except ERRORS:
        read = {"eventID": row["event_id"], "dateReceived": iso(row["received"]), "title": ""}
    read.pop("event.type", None)
    return {_SNAKE.get(name, name): value for name, value in read.items()}


async def _object(request: Request) -> dict[str, Any]:
    try:
        read = msgspec.json.decode(await request.body())
    except ERRORS:
        return {}
    return read if isinstance(read, dict) else {}


_ISSUE = "/api/0/issues/{issue_id:int}"
_ORGANIZATION = "/api/0/organizations/{organization}"

ROUTES = [
    Route("/api/settings/", settings),
    Route("/api/0/", root),
    Route(f"{_ORGANIZATION}/", organization),
    Route(f"{_ORGANIZATION}/projects/", projects),
    Route(f"{_ORGANIZATION}/issues/", issues),
    Route("/api/0/projects/{organization}/{project}/", project),
    Route("/api/0/projects/{organization}/{project}/issues/", issues),
    Route(f"{_ISSUE}/", issue, methods=["GET"]),
    Route(f"{_ISSUE}/", change_issue, methods=["PUT"]),
    Route(f"{_ISSUE}/events/", events),
    Route(f"{_ISSUE}/comments/", comments, methods=["GET"]),
    Route(f"{_ISSUE}/comments/", add_comment, methods=["POST"]),
    Route("/{rest:path}", front_page),
]
