"""Sentry's tables of events and releases: what Tombstone reads instead of whole bodies.

A row has the fields that were asked for. Times are in whole seconds, as Sentry's Discover gives
them.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sample_data.sentry.api import answer, needs, projects_asked_for, store_of
from sample_data.sentry.cursors import link_header, page_of
from sample_data.sentry.filters import BadRequest, event_filter
from sample_data.sentry.render import iso
from sample_data.sentry.store import Row

MAX_FIELDS = 20
_ISSUES = re.compile(r"issue\.id:\[?([\d, ]+)\]?")


@needs("org:read")
async def events(request: Request) -> Response:
    """GET events as rows of the fields asked for."""
    fields = request.query_params.getlist("field")
    if not 0 < len(fields) <= MAX_FIELDS:
        raise BadRequest(f"You can view up to {MAX_FIELDS} fields at a time.")
    if request.query_params.get("sort", "-timestamp") != "-timestamp":
        raise BadRequest("Invalid sort parameter")
    wanted = event_filter(request.query_params, datetime.now(UTC))
    wanted.project_ids = projects_asked_for(request)
    wanted.terms = [term for term in wanted.terms if term[0] != "issue.id"]
    found = _ISSUES.search(request.query_params.get("query", ""))
    issues = json.dumps([int(one) for one in found[1].split(",")] if found else [])
    limit, offset = page_of(request)
    rows = store_of(request).light_rows(wanted, issues, limit + 1, offset)
    link = link_header(request, limit, offset, more=len(rows) > limit)
    data = [_fields(row, fields) for row in rows[:limit]]
    return answer({"data": data, "meta": {"fields": {}}}, link=link)


def _fields(row: Row, fields: list[str]) -> dict[str, Any]:
    told = {
        "id": row["event_id"],
        "timestamp": f"{datetime.fromtimestamp(int(row['happened']), UTC):%Y-%m-%dT%H:%M:%S}+00:00",
        "title": row["title"],
        "project.name": row["slug"],
        "issue.id": row["issue_id"],
        "environment": row["environment"],
        "release": row["release"],
        "transaction": row["transaction_name"] or "",
        **json.loads(row["row"] or "{}"),
    }
    return {field: told.get(field) for field in fields}


@needs("project:read")
async def releases(request: Request) -> Response:
    """GET the releases that events named, the newest first."""
    limit, offset = page_of(request)
    rows = store_of(request).releases(limit + 1, offset)
    link = link_header(request, limit, offset, more=len(rows) > limit)
    return answer([_release(row) for row in rows[:limit]], link=link)


def _release(row: Row) -> dict[str, Any]:
    return {
        "version": row["version"],
        "dateCreated": iso(row["created"]),
        "dateReleased": None,
        "firstEvent": iso(row["first"]),
        "lastEvent": iso(row["last"]),
        "deployCount": row["deploys"],
        "projects": [{"slug": slug} for slug in row["projects"].split(",")],
    }


@needs("project:read")
async def deploys(request: Request) -> Response:
    """GET when a release went live where."""
    rows = store_of(request).deploys(request.path_params["version"])
    return answer(
        [
            {
                "id": str(row["id"]),
                "environment": row["environment"],
                "dateStarted": None,
                "dateFinished": iso(row["finished"]),
                "name": None,
                "url": None,
            }
            for row in rows
        ]
    )


@needs("project:releases")
async def tell_deploy(request: Request) -> Response:
    """POST that a release went live somewhere, as a deployment's own script does."""
    told = await request.json()
    try:
        environment, finished = str(told["environment"]), _moment(told["dateFinished"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadRequest("environment and dateFinished must be told") from error
    store_of(request).add_deploy(request.path_params["version"], environment, finished)
    return answer({"environment": environment, "dateFinished": iso(finished)}, 201)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


_ORGANIZATION = "/api/0/organizations/{organization}"

ROUTES = [
    Route(f"{_ORGANIZATION}/events/", events),
    Route(f"{_ORGANIZATION}/releases/", releases),
    Route(f"{_ORGANIZATION}/releases/{{version}}/deploys/", deploys, methods=["GET"]),
    Route(f"{_ORGANIZATION}/releases/{{version}}/deploys/", tell_deploy, methods=["POST"]),
]
