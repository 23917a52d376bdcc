"""A login by the identity provider's own claims: how long it counts, and the role that it gives.

Streamlit keeps the claims in a signed cookie for 30 days and enforces neither their `exp` nor a
logout, so both are decided here, at every action. Pure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.settings import AccessSettings, Role

_NAMES_A_LOGIN = ("iss", "sub", "aud", "iat", "exp", "nonce", "sid")
_CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody whom the provider has let in, with all that it said of them."""

    claims: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Names this one login, in every tab and in every copy of its cookie."""
        named = [self.claims.get(name) for name in _NAMES_A_LOGIN]
        return hashlib.sha256(json.dumps(named, default=str).encode()).hexdigest()

    @property
    def name(self) -> str:
        """The address, else the provider's own id of the person."""
        return str(self.claims.get("email") or self.claims.get("sub") or "unknown")

    @property
    def email(self) -> str | None:
        """The address, unless the provider says that nobody has shown it to be theirs."""
        verified = self.claims.get("email_verified", True)
        found = self.claims.get("email")
        return str(found) if found and str(verified).casefold() != "false" else None

    def over(self, settings: AccessSettings, now: datetime) -> str | None:
        """Why it does not count (any more), None while it does."""
        begun, expires = self._moment("iat"), self._moment("exp")
        if begun is None or expires is None:
            return "The identity provider does not say when this login began and when it ends."
        if begun > now + _CLOCK_TOLERANCE:
            return "This login is of a time that is still to come."
        if now >= begun + timedelta(hours=settings.session_hours):
            return f"A login lasts {settings.session_hours:g} hours; this one is over."
        if now >= expires:
            return "The identity provider let this login last no longer."
        return None

    def role(self, settings: AccessSettings) -> Role | None:
        """The highest role that its address or its claim gives; None: a stranger stays outside."""
        found = list(_claimed(self.claims, settings))
        if self.email is not None:
            found += settings.roles_of(self.email)
        if not found and settings.strangers == "refused":
            return None
        return max(found, key=list(Role).index, default=Role.VIEWER)

    def _moment(self, claim: str) -> datetime | None:
        seconds = self.claims.get(claim)
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
            return None
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, OSError, ValueError):
            return None


def _claimed(claims: Mapping[str, Any], settings: AccessSettings) -> Iterator[Role]:
    """The roles that the claim's values stand for; its name may step in with dots."""
    if settings.oidc.role_claim is None:
        return
    for value in _values(claims, settings.oidc.role_claim):
        if (role := settings.oidc.claim_roles.get(value)) is not None:
            yield role


def _values(claims: Mapping[str, Any], name: str) -> list[str]:
    found: Any = claims
    if name in claims:  # a name may hold dots itself: "https://acme.test/roles"
        found = claims[name]
    else:
        for step in name.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    values = found if isinstance(found, (list, tuple)) else [found]
    return [value for value in values if isinstance(value, str)]
