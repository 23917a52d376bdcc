"""Sentry's Web API over HTTP: one connection pool, bounded patience, and one clear sentence.

The token stands in a header and nowhere else; no redirect is followed, so it goes to no other host.
What can pass (429, 5xx, a lost connection) is tried again with jitter, as late as the server asks
and never beyond `Limits.patience_s`; what cannot (401, 403, 404, …) is said at once.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import quote

import httpx
import stamina
from msgspec import Raw

from collectors.errors import SentryUnreachable, SettingsError
from collectors.sentry.body import ENCODING, read_body
from collectors.sentry.gate import Gate
from collectors.sentry.limits import Limits, retry_after, server_time
from collectors.sentry.links import next_cursor
from collectors.sentry.parse import whole_list
from collectors.sentry.refusals import Passing, code_in, passing_fault, refusal, unexpected_content

_MOST_OF_A_REFUSAL = 10_000

Params = Mapping[str, str | int | Sequence[str]]

# stamina logs each retry as a warning; without a handler Python would print those to stderr.
logging.getLogger("stamina").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Reply:
    """A JSON answer. `next` is the next page's cursor, `at` the time by the server's clock.

    `linked`: the server says whether there is a next page.
    """

    body: bytes
    next: str | None
    at: datetime
    linked: bool = True

    @cached_property
    def items(self) -> list[Raw] | None:
        """The items of a whole list, else None; read once, for a page is megabytes."""
        return whole_list(self.body)


class SentryClient:
    """Asks one server as one organization's token, from as many threads as one likes.

    `trust` is whose certificates are believed, by default those that the HTTP library ships.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        organization: str,
        *,
        limits: Limits | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise SettingsError(
                "The Sentry token is empty or holds characters that no token has: "
                "see TOMBSTONE_SENTRY__TOKEN and TOMBSTONE_SENTRY__WRITE_TOKEN."
            )
        self.organization = organization
        self.base_url = base_url.rstrip("/").removesuffix("/api/0")
        self.limits = limits or Limits()
        self._gate = Gate(self.limits.at_once)
        try:
            self._http = httpx.Client(
                headers={
                    "Authorization": f"Bearer {token}",
                    "Accept": "application/json",
                    "Accept-Encoding": ENCODING,
                },
                timeout=self.limits.timeout_s,
                limits=httpx.Limits(max_connections=self.limits.at_once),
                verify=trust or True,
                follow_redirects=False,
            )
        except (ImportError, OSError, ValueError):
            raise SettingsError(
                "What the environment says of proxies (HTTPS_PROXY, ALL_PROXY; http alone, no "
                "SOCKS) or certificates (SSL_CERT_FILE) cannot be used."
            ) from None

    def path(self, *parts: str) -> str:
        """An address of this organization; Sentry tells by its name in which region it is.

        >>> SentryClient("https://sentry.io", "token", "acme").path("issues", "1", "events")
        '/api/0/organizations/acme/issues/1/events/'
        """
        return f"/api/0/organizations/{self._named(parts)}/"

    def project_path(self, *parts: str) -> str:
        """An address of one of its projects, which is the first part."""
        return f"/api/0/projects/{self._named(parts)}/"

    def _named(self, parts: Sequence[str]) -> str:
        return "/".join(quote(part, safe="") for part in (self.organization, *parts))

    def get(self, path: str, params: Params | None = None, *, scope: str = "event:read") -> Reply:
        """The JSON at `path` ("/api/0/…"); `scope` is what the token needs, for the sentence.

        Raises SentryUnreachable, as NotInSentry or ReplyTooLarge where it is one of these.
        """
        began = time.monotonic()
        deadline = began + self.limits.patience_s
        try:
            for attempt in stamina.retry_context(
                on=lambda error: _wait_of(error, deadline, began + self.limits.knocks_s),
                attempts=None,
                timeout=self.limits.patience_s,
                wait_initial=self.limits.first_wait_s,
                wait_jitter=self.limits.first_wait_s,
            ):
                with attempt:
                    return self._try(path, params or {}, scope, deadline)
        except Passing as fault:
            raise SentryUnreachable(fault.sentence) from None
        raise AssertionError("stamina ends with a result or an error")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> SentryClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _try(self, path: str, params: Params, scope: str, deadline: float) -> Reply:
        url = self.base_url + path
        try:
            with (
                self._gate.turn(deadline),
                self._http.stream("GET", url, params=dict(params)) as response,
            ):
                try:
                    return self._read(response, scope, deadline)
                finally:
                    self._leave(response)
        except httpx.InvalidURL:
            raise SettingsError("The Sentry base URL is not a URL.") from None
        except httpx.RequestError as error:
            raise passing_fault(error) from None

    def _code(self, response: httpx.Response, deadline: float) -> str | None:
        with suppress(Passing, SentryUnreachable):
            return code_in(read_body(response, _MOST_OF_A_REFUSAL, deadline))
        return None

    def _leave(self, response: httpx.Response) -> None:
        """A call that was connecting while we were closed has a connection that nobody keeps."""
        stream = response.extensions.get("network_stream")
        if self._http.is_closed and stream is not None:
            stream.close()

    def _not_yet(self, status: int, wait: float | None) -> str:
        if wait is None or wait < self.limits.patience_s:
            return f"Sentry answered {status} until patience ran out."
        return (
            f"Sentry answered {status} and wants no call for {wait:,.0f} seconds, which is longer "
            "than is waited for."
        )

    def _read(self, response: httpx.Response, scope: str, deadline: float) -> Reply:
        now = datetime.now(UTC)
        self._gate.hear(response.headers, now)
        code = self._code(response, deadline) if response.status_code == 401 else None
        if error := refusal(response, scope, code):
            raise error
        if response.status_code != 200:
            wait = retry_after(response.headers, now)
            raise Passing(self._not_yet(response.status_code, wait), wait)
        if error := unexpected_content(response.headers):
            raise error
        return Reply(
            read_body(response, self.limits.max_reply_bytes, deadline),
            next_cursor(response.headers.get("Link")),
            server_time(response.headers, now),
            linked="Link" in response.headers,
        )


def _wait_of(error: Exception, deadline: float, last_knock: float) -> bool | float:
    """Whether to try again, or after how many seconds the server wants it.

    A server that names no time to come (`Retry-After: 0`, a reset that is past) would be asked
    hundreds of times a second: it is met like one that names none.
    """
    if not isinstance(error, Passing):
        return False
    until = deadline if error.connected else min(deadline, last_knock)
    if time.monotonic() + (error.wait or 0.0) >= until:
        return False
    return error.wait or True
