"""What `doctor` learns of a server and of its token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from collectors.doctor import Check, Health, check_all
from collectors.sentry.client import SentryClient
from collectors.sentry.detect import ServerKind
from collectors.sentry.limits import Limits
from collectors.sentry.probe import probe
from collectors.settings import Settings
from sample_data.sentry.glitchtip import VERSION
from sample_data.sentry.trouble import Fault, Kind
from tests.http.serving import ONE_AT_A_TIME, QUICK, SentryOfTest, local_sentry, serving


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
        "org:read": False,
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


def test_a_glitchtip_is_known_by_its_settings_and_its_token_is_not_repeated() -> None:
    with local_sentry(as_glitchtip=True) as glitchtip, glitchtip.client() as client:
        facts = probe(client)
    assert (facts.kind, facts.version) == (ServerKind.GLITCHTIP, VERSION)
    assert {check.scope: check.works for check in facts.scopes} == {
        "event:read": True,
        "project:read": True,
    }
    assert glitchtip.address.token not in str(facts)


async def _api_of_bugsink(request: Request) -> Response:
    path = request.url.path.removeprefix("/api/canonical/0/")
    if path == "":
        return JSONResponse({"events": "", "issues": "", "projects": ""})
    if path == "schema/":
        return JSONResponse({"info": {"title": "Bugsink", "version": "2.6.1"}})
    return JSONResponse({"next": None, "previous": None, "results": []})


async def _api_of_its_first_version(request: Request) -> Response:
    if request.url.path.endswith("/schema/"):
        return JSONResponse({"info": {"title": "Bugsink", "version": "1.0.0"}})
    return await _api_of_bugsink(request)


async def _root_like_sentrys(request: Request) -> Response:
    return JSONResponse({"version": "0", "auth": {"scopes": ["org:ci"]}, "user": None})


@pytest.mark.parametrize("glitchtip", [False, True], ids=["sentry", "glitchtip"])
def test_doctor_looks_for_every_project_that_is_named(glitchtip: bool) -> None:
    with local_sentry("api", as_glitchtip=glitchtip) as sentry:
        checks = checks_of(sentry, projects=["api", "1", "nowhere"])
    found = {name: check.health for name, check in checks.items() if "project " in name}
    wanted = {"api": Health.GOOD, "1": Health.GOOD, "nowhere": Health.WRONG}
    assert found == {f"sentry project {name}": health for name, health in wanted.items()}


@pytest.mark.parametrize(
    ("kind", "health", "mend"),
    [
        (Kind.GONE, Health.WRONG, "Check TOMBSTONE_SENTRY__PROJECTS."),
        (Kind.HTML, Health.WRONG, None),
        (Kind.ERROR, Health.UNREACHABLE, None),
    ],
    ids=["not there", "a page", "500"],
)
def test_doctor_blames_the_settings_for_no_fault_of_the_server(
    sentry: SentryOfTest, kind: Kind, health: Health, mend: str | None
) -> None:
    sentry.server.order([Fault(kind, on="project=1.*start=")])
    check = checks_of(sentry, projects=["api"], patience_s=1)["sentry project api"]
    assert (check.health, check.mend) == (health, mend)


def test_doctor_asks_about_the_projects_that_are_read(sentry: SentryOfTest) -> None:
    sentry.server.order([ONE_AT_A_TIME])
    named, unnamed = checks_of(sentry, projects=["api"]), checks_of(sentry)
    for scope in ("event:read", "org:read"):
        assert named[f"sentry {scope}"].health is Health.GOOD
        assert "TOMBSTONE_SENTRY__PROJECTS" in unnamed[f"sentry {scope}"].sentence


@pytest.mark.parametrize(
    ("fault", "organization", "name", "said", "mend"),
    [
        (None, "other", "sentry", "404", "Check the organization."),
        (None, "", "sentry", "No organization", "Set TOMBSTONE_SENTRY__ORGANIZATION."),
        (Fault(Kind.HTML, on="sample/events/"), "sample", "sentry org:read", "not JSON", None),
    ],
    ids=["unknown organization", "no organization", "rows that do not work"],
)
def test_doctor_says_what_it_is_and_not_a_scope(
    sentry: SentryOfTest,
    fault: Fault | None,
    organization: str,
    name: str,
    said: str,
    mend: str | None,
) -> None:
    sentry.server.order([fault] if fault else [])
    check = checks_of(sentry, organization=organization)[name]
    assert check.health is not Health.GOOD
    assert (said in check.sentence, check.mend) == (True, mend)


def checks_of(sentry: SentryOfTest, **named: object) -> dict[str, Check]:
    address = sentry.address
    whole = {"base_url": address.url, "token": address.token, "organization": "sample", **named}
    return {check.name: check for check in check_all(Settings.model_validate({"sentry": whole}))}


async def _html(request: Request) -> Response:
    return HTMLResponse("<html>")


async def _nothing(request: Request) -> Response:
    return Response(status_code=404)


async def _not_you(request: Request) -> Response:
    return JSONResponse({"detail": "no"}, 401)


@pytest.mark.parametrize(
    ("routes", "kind", "version"),
    [
        (
            [
                Route("/api/0/", _root_like_sentrys),
                Route("/api/canonical/0/{rest:path}", _api_of_bugsink),
            ],
            ServerKind.BUGSINK,
            "2.6.1",
        ),
        (
            [Route("/api/canonical/0/{rest:path}", _api_of_its_first_version)],
            ServerKind.BUGSINK,
            None,
        ),
        ([Route("/api/canonical/0/{rest:path}", _not_you)], ServerKind.BUGSINK, None),
        ([Route("/{rest:path}", _html)], ServerKind.UNKNOWN, None),
        ([Route("/{rest:path}", _not_you)], ServerKind.SENTRY, None),
        ([Route("/api/0/{rest:path}", _not_you)], ServerKind.SENTRY, None),
    ],
    ids=[
        "bugsink",
        "a bugsink that tells its schema's version",
        "bugsink, unknown token",
        "a web site",
        "a gate before everything",
        "sentry, unknown token",
    ],
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
    assert "secret" not in str(facts)


NO_SENTRY = "Check base_url: no Sentry answers there, and no Bugsink of 2.0 or later."
A_TOKEN = (
    "Make a personal token or an internal integration with event:read, project:read, org:read; "
    "an organization's own token (sntrys_…) cannot have them."
)


@pytest.mark.parametrize("organization", ["sample", None], ids=["named", "no organization"])
@pytest.mark.parametrize(
    ("answer", "mend"),
    [
        pytest.param(_html, NO_SENTRY, id="a web site"),
        pytest.param(_nothing, NO_SENTRY, id="where SDKs send Events to"),
        pytest.param(_not_you, A_TOKEN, id="unknown token"),
    ],
)
def test_doctor_says_how_to_mend_what_is_wrong_with_it(
    answer: Callable[[Request], Awaitable[Response]], mend: str, organization: str | None
) -> None:
    if organization is None and mend != NO_SENTRY:
        mend = "Set TOMBSTONE_SENTRY__ORGANIZATION."
    with serving(Starlette(routes=[Route("/{rest:path}", answer)])) as served:
        named = {"base_url": served.url, "token": "secret", "organization": organization}
        checks = check_all(Settings.model_validate({"sentry": named}))
        [found] = [check for check in checks if check.name == "sentry"]
    assert (found.health, found.mend) == (Health.WRONG, mend)
    assert "ORGANIZATION" not in found.sentence
