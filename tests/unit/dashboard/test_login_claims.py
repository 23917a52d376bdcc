"""How long a login counts, what role it gives, and what names it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.errors import SettingsError
from collectors.settings import validated
from dashboard.access import Login, Role
from dashboard.settings import AccessSettings

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def claims(**said: Any) -> dict[str, Any]:
    begun = int((NOW - timedelta(hours=1)).timestamp())
    return {"iss": "https://id.test", "sub": "7", "iat": begun, "exp": begun + 7_200, **said}


def seconds(**ago: float) -> int:
    return int((NOW - timedelta(**ago)).timestamp())


OVER: dict[str, tuple[dict[str, Any], str | None]] = {
    "an hour old": ({}, None),
    "as old as it may get": ({"iat": seconds(hours=8)}, "lasts 8 hours"),
    "a second younger": ({"iat": seconds(hours=7, minutes=59, seconds=59)}, None),
    "past its exp": ({"exp": seconds(seconds=0)}, "no longer"),
    "without an exp": ({"exp": None}, "does not say"),
    "without a beginning": ({"iat": None}, "does not say"),
    "times that are words": ({"iat": "yesterday"}, "does not say"),
    "a truth for a time": ({"exp": True}, "does not say"),
    "a time beyond all calendars": ({"exp": 1e300}, "does not say"),
    "from the future": ({"iat": seconds(hours=-1), "exp": seconds(hours=-2)}, "to come"),
    "from a clock that is a little ahead": ({"iat": seconds(minutes=-4)}, None),
}


@pytest.mark.parametrize("name", OVER)
def test_a_login_counts_while_both_sides_let_it(name: str) -> None:
    said, expected = OVER[name]
    found = Login(claims(**said)).over(AccessSettings(), NOW)
    assert (found is None) if expected is None else (found is not None and expected in found)


BY_EMAIL = {"roles": {"support": ["sam@acme.test"], "admin": ["ann@acme.test"]}}
BY_CLAIM = {"role_claim": "groups", "claim_roles": {"eng": "engineer", "help": "support"}}
ROLES: dict[str, tuple[dict[str, Any], dict[str, Any], Role | None]] = {
    "by address": (BY_EMAIL, {"email": "Sam@Acme.test"}, Role.SUPPORT),
    "not by an address nobody verified": (
        BY_EMAIL, {"email": "ann@acme.test", "email_verified": False}, Role.VIEWER,
    ),
    "nor one that says so in a word": (
        BY_EMAIL, {"email": "ann@acme.test", "email_verified": "False"}, Role.VIEWER,
    ),
    "by one of a claim's values": ({"oidc": BY_CLAIM}, {"groups": ["all", "eng"]}, Role.ENGINEER),
    "by a claim of one value": ({"oidc": BY_CLAIM}, {"groups": "help"}, Role.SUPPORT),
    "the highest of them": (
        {**BY_EMAIL, "oidc": BY_CLAIM}, {"groups": ["help"], "email": "ann@acme.test"}, Role.ADMIN,
    ),
    "by a claim within a claim": (
        {"oidc": {**BY_CLAIM, "role_claim": "realm_access.roles"}},
        {"realm_access": {"roles": ["eng"]}},
        Role.ENGINEER,
    ),
    "by a claim with dots in its name": (
        {"oidc": {**BY_CLAIM, "role_claim": "https://acme.test/roles"}},
        {"https://acme.test/roles": ["eng"]},
        Role.ENGINEER,
    ),
    "not by a claim of another shape": ({"oidc": BY_CLAIM}, {"groups": {"eng": 1}}, Role.VIEWER),
    "a stranger looks": ({}, {"email": "eve@acme.test"}, Role.VIEWER),
    "or stays outside": ({"strangers": "refused"}, {"email": "eve@acme.test"}, None),
}  # fmt: skip


@pytest.mark.parametrize("name", ROLES)
def test_a_role_comes_from_the_address_or_the_claim(name: str) -> None:
    settings, said, expected = ROLES[name]
    assert Login(claims(**said)).role(AccessSettings.model_validate(settings)) is expected


def test_one_login_has_one_id_and_another_login_another() -> None:
    first = Login(claims(nonce="a", email="sam@acme.test"))
    assert first.id == Login(claims(nonce="a", email="sam@acme.test", origin="x")).id
    assert first.id != Login(claims(nonce="b", email="sam@acme.test")).id
    assert "sam" not in first.id


WHOLE = {
    "metadata_url": "https://id.test/.well-known/openid-configuration",
    "client_id": "tombstone",
    "client_secret": "hush",
    "public_url": "https://tombstone.test/",
}


def test_a_login_s_address_is_where_browsers_find_us() -> None:
    oidc = AccessSettings.model_validate({"oidc": WHOLE}).oidc
    assert (oidc.public_address, oidc.public_host) == ("https://tombstone.test", "tombstone.test")
    assert oidc.public_path == ""
    assert "hush" not in repr(oidc)
    below = AccessSettings.model_validate({"oidc": {**WHOLE, "public_url": "https://a.test/b/c/"}})
    assert (below.oidc.public_address, below.oidc.public_path) == ("https://a.test/b/c", "/b/c")


@pytest.mark.parametrize("name", WHOLE)
def test_half_a_login_is_refused(name: str) -> None:
    half = {key: value for key, value in WHOLE.items() if key != name}
    with pytest.raises(SettingsError, match=f"needs {name} too"):
        validated(AccessSettings, {"oidc": half})


@pytest.mark.parametrize("name", ["public_url", "metadata_url"])
def test_what_travels_in_clear_is_refused_but_on_this_machine(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be https"):
        validated(AccessSettings, {"oidc": {**WHOLE, name: "http://tombstone.test"}})
    validated(AccessSettings, {"oidc": {**WHOLE, name: "http://127.0.0.1:8501"}})
