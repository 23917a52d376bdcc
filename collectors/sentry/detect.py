"""What kind of server answers, found out by asking it: nobody should have to configure that.

Sentry, GlitchTip and Bugsink all answer at /api/0/ like Sentry. What tells them apart are addresses
that only one of them has: GlitchTip's /api/settings/ and Bugsink's /api/canonical/0/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from collectors.errors import NotAllowed, SentryUnreachable
from collectors.sentry.client import SentryClient
from collectors.sentry.parse.text import UNREADABLE


class ServerKind(StrEnum):
    """Servers that speak Sentry's API or take what its SDKs send."""

    SENTRY = "Sentry"
    GLITCHTIP = "GlitchTip"
    BUGSINK = "Bugsink"
    UNKNOWN = "not recognised"


@dataclass(frozen=True, slots=True)
class Server:
    """`version` as the server tells it; Sentry does not."""

    kind: ServerKind
    version: str | None = None


def detect(client: SentryClient) -> Server:
    """The kind of server, at the price of two small calls. Raises SentryUnreachable.

    What is neither of the others is taken for Sentry; its next answer shows whether it is one.
    """
    settings = asked(client, "/api/settings/")
    if isinstance(settings, dict) and any("glitchtip" in name.lower() for name in settings):
        return Server(ServerKind.GLITCHTIP, version_in(settings))
    own = asked(client, "/api/canonical/0/")
    theirs = isinstance(own, dict) and {"events", "issues"} <= own.keys()
    if theirs or (isinstance(own, NotAllowed) and not isinstance(settings, NotAllowed)):
        return Server(ServerKind.BUGSINK)
    return Server(ServerKind.SENTRY)


def asked(
    client: SentryClient, path: str, scope: str = "event:read", **params: str | int
) -> object:
    """The JSON at that path, or the error that no retry can change.

    Raises SentryUnreachable for what may pass.
    """
    try:
        answer: object = msgspec.json.decode(client.get(path, params, scope=scope).body)
    except SentryUnreachable as error:
        if not error.permanent:
            raise
        return error
    except UNREADABLE:
        return SentryUnreachable("The server's answer is not JSON.", permanent=True)
    return answer


def version_in(answer: Mapping[str, Any]) -> str | None:
    """The version that an answer tells."""
    version = answer.get("version")
    return version[:40] if isinstance(version, str) else None
