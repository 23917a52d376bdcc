"""What kind of server answers, and what its token may do: for `doctor`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import msgspec

from collectors.errors import SentryUnreachable
from collectors.sentry.client import SentryClient


class ServerKind(StrEnum):
    """Servers that speak Sentry's API or take what its SDKs send."""

    SENTRY = "Sentry"
    GLITCHTIP = "GlitchTip"
    BUGSINK = "Bugsink"
    UNKNOWN = "not recognised"


@dataclass(frozen=True, slots=True)
class ScopeCheck:
    """Whether a call that needs this scope works; `cost` is what its lack costs, in a sentence."""

    scope: str
    works: bool
    cost: str


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """`trouble` is the first sentence of what went wrong, None when nothing did."""

    base_url: str
    reachable: bool
    kind: ServerKind = ServerKind.UNKNOWN
    version: str | None = None
    authenticated: bool = False
    scopes: tuple[ScopeCheck, ...] = ()
    trouble: str | None = None


_CHECKS = (
    ("event:read", "/api/0/organizations/{organization}/issues/", "No event can be read."),
    (
        "project:read",
        "/api/0/organizations/{organization}/projects/",
        "Projects cannot be listed by name; the configured ones are still read.",
    ),
)


def probe(client: SentryClient) -> ServerFacts:
    """Ask the server what it is and try one small call for each scope. Raises nothing.

    A call that fails for want of a scope says so; the answers themselves are not kept, for
    GlitchTip's echoes the token.
    """
    root, trouble = _asked(client, "/api/0/")
    settings, _ = _asked(client, "/api/settings/") if root is not None else (None, None)
    if root is None and trouble and not trouble.permanent:
        return ServerFacts(client.base_url, reachable=False, trouble=str(trouble))
    kind = _kind(client, root, settings)
    checks = [(check, _check(client, *check)) for check in _CHECKS]
    failed = next((error for _, error in checks if error is not None), trouble)
    return ServerFacts(
        base_url=client.base_url,
        reachable=True,
        kind=kind,
        version=_version(settings),
        authenticated=bool(root and root.get("auth")) or any(error is None for _, error in checks),
        scopes=tuple(ScopeCheck(scope, error is None, cost) for (scope, _, cost), error in checks),
        trouble=str(failed) if failed else None,
    )


def _check(client: SentryClient, scope: str, path: str, _cost: str) -> SentryUnreachable | None:
    filled = path.format(organization=quote(client.organization, safe=""))
    return _asked(client, filled, scope)[1]


def _kind(client: SentryClient, root: object, settings: Mapping[str, Any] | None) -> ServerKind:
    if settings and any("glitchtip" in name.lower() for name in settings):
        return ServerKind.GLITCHTIP
    if isinstance(root, dict) and "version" in root:
        return ServerKind.SENTRY
    if root is None and _asked(client, "/api/canonical/0/projects/")[1] is None:
        return ServerKind.BUGSINK
    return ServerKind.UNKNOWN


def _version(settings: Mapping[str, Any] | None) -> str | None:
    version = (settings or {}).get("version")
    return version[:40] if isinstance(version, str) else None


def _asked(
    client: SentryClient, path: str, scope: str = "event:read"
) -> tuple[dict[str, Any] | None, SentryUnreachable | None]:
    """The answer as an object (an empty one for a list), or why there is none."""
    try:
        body = client.get(path, {"limit": 1}, scope=scope).body
        read = msgspec.json.decode(body)
    except SentryUnreachable as error:
        return None, error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, SentryUnreachable("The server's answer is not JSON.", permanent=True)
    return (read if isinstance(read, dict) else {}), None
