"""What `doctor` learns of a server and of its token."""

from __future__ import annotations

import json

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from collectors.sentry.client import SentryClient
from collectors.sentry.limits import Limits
from collectors.sentry.probe import ServerKind, probe
from tests.http.serving import QUICK, SentryOfTest, serving


def test_a_sentry_with_a_good_token_lacks_nothing(sentry: SentryOfTest) -> None:
    with sentry.client() as client:
        facts = probe(client)
    assert (facts.reachable, facts.kind, facts.authenticated) == (True, ServerKind.SENTRY, True)
    assert all(check.works for check in facts.scopes)
    assert facts.trouble is None


def test_a_missing_scope_is_named_with_what_it_costs(sentry: SentryOfTest) -> None:
    token = sentry.store.add_token("event:read")
    with SentryClient(sentry.address.url, token, "sample") as client:
        facts = probe(client)
    assert {check.scope: check.works for check in facts.scopes} == {
        "event:read": True,
        "project:read": False,
    }
    assert facts.authenticated
    assert "project:read" in str(facts.trouble)


def test_an_unknown_token_is_not_authenticated(sentry: SentryOfTest) -> None:
    with SentryClient(sentry.address.url, "unknown", "sample") as client:
        facts = probe(client)
    assert facts.reachable
    assert not facts.authenticated
    assert "TOMBSTONE_SENTRY__TOKEN" in str(facts.trouble)


def test_a_server_that_is_gone_is_not_reachable() -> None:
    limits = Limits(patience_s=0.2, first_wait_s=0.05)
    with SentryClient("http://127.0.0.1:9", "t", "sample", limits=limits) as client:
        facts = probe(client)
    assert not facts.reachable
    assert facts.trouble is not None


async def _glitchtip_root(request: Request) -> Response:
    token = request.headers["Authorization"]
    return JSONResponse({"version": "0", "user": None, "auth": {"token": token}})


async def _glitchtip_settings(request: Request) -> Response:
    return JSONResponse({"iPaidForGlitchTip": False, "version": "5.1.0"})


async def _list(request: Request) -> Response:
    return JSONResponse([])


async def _bugsink_projects(request: Request) -> Response:
    return JSONResponse({"next": None, "previous": None, "results": []})


async def _html(request: Request) -> Response:
    return HTMLResponse("<html>")


@pytest.mark.parametrize(
    ("routes", "kind", "version"),
    [
        (
            [
                Route("/api/0/", _glitchtip_root),
                Route("/api/settings/", _glitchtip_settings),
                Route("/api/0/organizations/sample/{rest:path}", _list),
            ],
            ServerKind.GLITCHTIP,
            "5.1.0",
        ),
        ([Route("/api/canonical/0/projects/", _bugsink_projects)], ServerKind.BUGSINK, None),
        ([Route("/{rest:path}", _html)], ServerKind.UNKNOWN, None),
    ],
    ids=["glitchtip", "bugsink", "a web site"],
)
def test_other_servers_are_told_apart(
    routes: list[Route], kind: ServerKind, version: str | None
) -> None:
    app = Starlette(routes=routes)
    with (
        serving(app) as served,
        SentryClient(served.url, "secret", "sample", limits=QUICK) as client,
    ):
        facts = probe(client)
    assert (facts.reachable, facts.kind, facts.version) == (True, kind, version)
    assert "secret" not in json.dumps(str(facts))
