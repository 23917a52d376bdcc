"""What kind of server answers, and what its token may do: for `doctor`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote
from uuid import UUID

from collectors.errors import NotAllowed, NotInSentry, SentryUnreachable
from collectors.sentry.client import SentryClient
from collectors.sentry.detect import Server, ServerKind, asked, detect, version_in
from collectors.sentry.listing import ALL_PROJECTS, SentryListing


@dataclass(frozen=True, slots=True)
class ScopeCheck:
    """Whether a call that needs this scope works; `cost` is what its lack costs, in a sentence.

    `trouble` says why it does not work where that is not the scope.
    """

    scope: str
    works: bool
    cost: str
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """`trouble` is the first sentence of what went wrong, None when nothing did.

    `known` is false where the server does not know the organization.
    """

    base_url: str
    reachable: bool
    kind: ServerKind = ServerKind.UNKNOWN
    version: str | None = None
    authenticated: bool = False
    scopes: tuple[ScopeCheck, ...] = ()
    trouble: str | None = None
    known: bool = True


@dataclass(frozen=True, slots=True)
class _Try:
    """A small call that needs one scope. `of`: what it asks for, which need not be there.

    `params` are what it cannot do without.
    """

    scope: str
    path: str
    cost: str
    of: Mapping[str, str | int] = field(default_factory=dict)
    params: Mapping[str, str | int] = field(default_factory=dict)


_ORGANIZATION = "/api/0/organizations/{organization}"
_SCHEMAS_OWN = "1.0.0"
"""The first Bugsinks with an API (2.0, 2.1) give their schema's version, and not theirs."""
_NOTHING = "Nothing can be read."
_OF_ALL = {"project": ALL_PROJECTS}
"""Where one is named it is asked about alone, as `collect` does it: a plan may show no more."""
_SENTRYS = (
    _Try("event:read", f"{_ORGANIZATION}/issues/", _NOTHING, params=_OF_ALL),
    _Try(
        "project:read",
        f"{_ORGANIZATION}/projects/",
        "No releases and deploys are read, and most versions find a project by its number alone.",
    ),
    _Try(
        "org:read",
        f"{_ORGANIZATION}/events/",
        "No light rows: every Event is fetched whole, which takes many times as long.",
        params={"dataset": "errors", "field": "error.value", **_OF_ALL},
    ),
)
_TRIES: Mapping[ServerKind, tuple[_Try, ...]] = {
    ServerKind.SENTRY: _SENTRYS,
    ServerKind.UNKNOWN: _SENTRYS,
    ServerKind.GLITCHTIP: (
        _Try("event:read", f"{_ORGANIZATION}/issues/", _NOTHING),
        _Try(
            "project:read",
            f"{_ORGANIZATION}/projects/",
            "Projects cannot be listed by name; the configured ones are still read.",
        ),
    ),
    ServerKind.BUGSINK: (
        _Try("issues:read", "/api/canonical/0/issues/", _NOTHING, {"project": 0}),
        _Try("events:read", "/api/canonical/0/events/", _NOTHING, {"issue": str(UUID(int=0))}),
        _Try(
            "projects:read",
            "/api/canonical/0/projects/",
            "Projects cannot be found; only those that TOMBSTONE_SENTRY__PROJECTS names are read.",
        ),
    ),
}


def probe(client: SentryClient, projects: Sequence[str] = ()) -> ServerFacts:
    """Ask the server what it is and try one small call for each scope. Raises nothing.

    `projects` are those that will be read, ids or slugs; none means all.

    A call that fails for want of a scope says so; the answers themselves are not kept, for
    GlitchTip's echoes the token.
    """
    try:
        server = _recognised(client, detect(client))
        tries = _TRIES[server.kind]
        project = _first_of(client, projects) if tries is _SENTRYS else ALL_PROJECTS
        errors = [_error(client, one, project) for one in tries]
    except SentryUnreachable as error:
        return ServerFacts(client.base_url, reachable=False, trouble=str(error))
    scopes = zip(tries, errors, strict=True)
    failed = next((error for error in errors if error is not None), None)
    return ServerFacts(
        base_url=client.base_url,
        reachable=True,
        kind=server.kind,
        version=server.version,
        authenticated=any(error is None for error in errors),
        scopes=tuple(_checked(one, error) for one, error in scopes),
        trouble=str(failed) if failed else None,
        known=not isinstance(failed, NotInSentry),
    )


def _recognised(client: SentryClient, server: Server) -> Server:
    """With what only `doctor` wants to know: whether it is Sentry at all, and Bugsink's version."""
    if server.kind is ServerKind.SENTRY:
        root = asked(client, "/api/0/")
        known = isinstance(root, NotAllowed) or (isinstance(root, dict) and "version" in root)
        return server if known else Server(ServerKind.UNKNOWN)
    if server.kind is ServerKind.BUGSINK:
        schema = asked(client, "/api/canonical/0/schema/")
        info = schema.get("info") if isinstance(schema, dict) else None
        told = version_in(info) if isinstance(info, dict) else None
        return Server(server.kind, None if told == _SCHEMAS_OWN else told)
    return server


def _checked(one: _Try, error: SentryUnreachable | None) -> ScopeCheck:
    lacking = error is None or isinstance(error, NotAllowed)
    return ScopeCheck(one.scope, error is None, one.cost, None if lacking else str(error))


def _first_of(client: SentryClient, projects: Sequence[str]) -> str:
    """The number of the first project, as Sentry's lists take it; all, where none is known."""
    for project in projects[:1]:
        with suppress(SentryUnreachable):
            return SentryListing(client).numbered(project)
    return ALL_PROJECTS


def _error(client: SentryClient, one: _Try, project: str) -> SentryUnreachable | None:
    """Why the call does not work, None where it does."""
    path = one.path.format(organization=quote(client.organization, safe=""))
    params = {**one.params, "project": project} if "project" in one.params else one.params
    answer = asked(client, path, one.scope, **(one.of or {"limit": 1, **params}))
    if one.of and isinstance(answer, NotInSentry):
        return None
    return answer if isinstance(answer, SentryUnreachable) else None
