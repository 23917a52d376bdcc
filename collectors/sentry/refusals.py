"""What an answer or a fault of the network means, as one sentence a person can act on.

No sentence holds the token, a query, a body, or the text of a foreign exception: any of these may
hold a secret or customer data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec

from collectors.errors import NotAllowed, NotInSentry, SentryUnreachable
from collectors.sentry.parse.text import UNREADABLE

_PROXY = (
    "The proxy on the way to Sentry does not let this call through: see HTTPS_PROXY, ALL_PROXY."
)
_UNFIT_CERTIFICATE = {
    "certificate has expired": "has expired.",
    "not yet valid": "is not valid yet, by the clock of this machine.",
    "mismatch": "is for another name than the one in TOMBSTONE_SENTRY__BASE_URL.",
}
"""What OpenSSL says of a certificate that no other bundle would make good."""
_UNTRUSTED = (
    "is not trusted here: TOMBSTONE_SENTRY__CA_BUNDLE may name a file of the certificates that are."
)
_CODE = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+){0,7}")
"""A word for programs, such as `sso-required`."""
_PASSING_STATUS = frozenset({408, 425, 429})


_GATE = (
    "What answers {status} at Sentry's address gives no JSON, so it may be something that "
    "stands before its API, or another site: check TOMBSTONE_SENTRY__BASE_URL."
)
_OWNER = "Sentry asks something of the token's owner before it lets the token in (401): {code}."
_NOT_KNOWN = (
    NotInSentry,
    "Sentry does not know this ({status}): check TOMBSTONE_SENTRY__ORGANIZATION and "
    "TOMBSTONE_SENTRY__PROJECTS, and that the token belongs to them.",
)
_REFUSALS: Mapping[int, tuple[type[SentryUnreachable], str]] = {
    400: (
        SentryUnreachable,
        "Sentry refuses this call (400): it may not take one of TOMBSTONE_SENTRY__SEARCHES, "
        "its plan may show one project at a time, which TOMBSTONE_SENTRY__PROJECTS names, or "
        "the answer took it too long.",
    ),
    401: (
        NotAllowed,
        "Sentry does not accept the token (401): set TOMBSTONE_SENTRY__TOKEN anew.",
    ),
    403: (NotAllowed, "The Sentry token may not do this (403): it needs the scope {scope}."),
    404: _NOT_KNOWN,
    407: (SentryUnreachable, _PROXY),
    410: _NOT_KNOWN,
}
_ANY = (SentryUnreachable, "Sentry refuses this call ({status}).")
_OF_A_GATE = frozenset({401, 403, 404, 410})
"""What a proxy or another site answers, too; the API itself always in JSON."""


class Passing(Exception):
    """A fault that may pass. `wait`: the seconds the server asks for, None when it does not say.

    `connected` is false where there was nobody to talk to at all.
    """

    def __init__(self, sentence: str, wait: float | None, *, connected: bool = True) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.wait = wait
        self.connected = connected


class _Refused(msgspec.Struct):
    detail: Any = None


def code_in(body: bytes) -> str | None:
    """The word by which Sentry says what a refusal is for, where it has one.

    >>> code_in(b'{"detail": {"code": "sso-required", "message": "Must login via SSO"}}')
    'sso-required'
    """
    try:
        detail = msgspec.json.decode(body, type=_Refused).detail
    except UNREADABLE:
        return None
    code = detail.get("code") if isinstance(detail, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) and len(code) < 50 else None


def refusal(
    response: httpx.Response, scope: str, code: str | None = None
) -> SentryUnreachable | None:
    """The error for a status that no retry can change; None for 200 and for what may pass.

    `code` is what the answer says it is for.
    """
    status = response.status_code
    if status == 200 or status in _PASSING_STATUS or status >= 500:
        return None
    error, sentence = _REFUSALS.get(status, _ANY)
    if status in _OF_A_GATE and unexpected_content(response.headers):
        sentence = _GATE
    elif status == 401 and code:
        sentence = _OWNER
    elif 300 <= status < 400:
        sentence = _redirect(response.headers.get("Location", ""), response.request.url)
        return SentryUnreachable(sentence, permanent=True)
    return error(sentence.format(status=status, scope=scope, code=code), permanent=True)


def unexpected_content(headers: Mapping[str, str]) -> SentryUnreachable | None:
    """The error for an answer that is not JSON, whatever its status says."""
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return None
    return SentryUnreachable(
        "Sentry answered with something that is not JSON: "
        "check that TOMBSTONE_SENTRY__BASE_URL is the address of its API.",
        permanent=True,
    )


def passing_fault(error: httpx.RequestError) -> Passing | SentryUnreachable:
    """What to raise for a fault below HTTP."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        why = next((why for said, why in _UNFIT_CERTIFICATE.items() if said in str(error)), None)
        sentence = f"Sentry's TLS certificate {why or _UNTRUSTED}"
        return SentryUnreachable(sentence, permanent=True)
    if isinstance(error, httpx.UnsupportedProtocol):
        return SentryUnreachable("The Sentry base URL must begin with https://.", permanent=True)
    if isinstance(error, httpx.ProxyError):
        wants_login = str(error).startswith("407")
        return SentryUnreachable(_PROXY, permanent=True) if wants_login else Passing(_PROXY, None)
    if isinstance(error, httpx.ConnectError) and "[SSL" in str(error):
        sentence = (
            "Sentry's address takes a connection, and no TLS comes about on it: check the port in "
            "TOMBSTONE_SENTRY__BASE_URL, and that https is spoken there."
        )
        return Passing(sentence, None, connected=False)
    if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
        sentence = "Sentry cannot be reached: no connection to its address."
        return Passing(sentence, None, connected=False)
    if isinstance(error, httpx.TimeoutException):
        return Passing("Sentry did not answer in time.", None)
    return Passing("Sentry broke off the connection in the middle of an answer.", None)


def _redirect(location: str, asked: httpx.URL) -> str:
    """Sentry answers for what was renamed with where it is now; gates, with where they stand."""
    try:
        to = asked.join(location)
    except (httpx.InvalidURL, ValueError):
        return "Sentry redirects to what is no address: check TOMBSTONE_SENTRY__BASE_URL."
    here, there = (f"{url.scheme}://{url.netloc.decode()}" for url in (asked, to))
    if there == here:
        return (
            "Sentry redirects to another path: a project or the organization may have another "
            "name now (TOMBSTONE_SENTRY__PROJECTS, TOMBSTONE_SENTRY__ORGANIZATION), or a login "
            "stands before its API."
        )
    return (
        f"Sentry redirects to {there}: "
        "set TOMBSTONE_SENTRY__BASE_URL to the address that answers itself."
    )
