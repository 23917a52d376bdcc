"""The API under probe, over plain HTTP: requests from the settings' templates, answers as Replies.

Nothing is tried again but a connection that never came about and a 429: a create that was cut off
may have happened. Redirects are not followed, so the token stays with the host it is for.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import stamina

from collectors.canary.contract import Reply
from collectors.errors import SettingsError, Unreachable
from collectors.settings import CanarySettings

MAX_BODY_BYTES = 1_000_000

logging.getLogger("stamina").addHandler(logging.NullHandler())


class ApiUnreachable(Unreachable):
    """The API did not answer, or not to its end."""


class ApiSilent(ApiUnreachable):
    """It took up no request, so nothing has come of it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `path` is the template that is shown: the filled one holds an address."""

    method: str
    path: str
    filled: str
    body: Any = None


class _NotYet(Exception):
    """Worth another try: the request was not taken up."""


class Api:
    """One API with its token. Use as a context manager."""

    def __init__(self, settings: CanarySettings) -> None:
        self._settings = settings
        try:
            self._http = httpx.Client(
                base_url=str(settings.base_url),
                headers=_headers(settings),
                timeout=settings.timeout_s,
                limits=httpx.Limits(max_keepalive_connections=0),  # a crash closes its connection
            )
        except (ImportError, OSError, ValueError):
            raise SettingsError(
                "What the environment says of proxies (HTTPS_PROXY, ALL_PROXY; http alone, no "
                "SOCKS) or certificates (SSL_CERT_FILE) cannot be used."
            ) from None

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def creation(self, values: Mapping[str, str]) -> Request:
        """A request to create; fields whose value is not given are left out."""
        return _request(self._settings.create, values, _filled(self._settings.body, values))

    def listing(self, email: str) -> Request:
        """A request for the customers of an address."""
        return _request(self._settings.list, {"email": email})

    def deletion(self, customer: str) -> Request:
        """A request to delete."""
        return _request(self._settings.delete, {"id": customer})

    def send(self, request: Request) -> Reply:
        """The answer. Raises ApiUnreachable in one sentence that holds no address or token."""
        began = time.monotonic()
        try:
            for attempt in stamina.retry_context(on=_NotYet, attempts=3, timeout=5):
                with attempt:
                    return self._try(request, began)
        except _NotYet as fault:
            raise ApiSilent(str(fault)) from None
        except httpx.TimeoutException:
            sentence = f"The API did not answer within {self._settings.timeout_s:g} s."
            raise ApiUnreachable(sentence) from None
        except httpx.HTTPError as error:
            raise ApiUnreachable(f"The API broke off ({type(error).__name__}).") from None
        raise AssertionError("stamina ends with a result or an error")

    def created_id(self, reply: Reply) -> str | None:
        """The id in the answer to a creation."""
        found = _at(reply.body, self._settings.id_field)
        return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else None

    def listed_ids(self, reply: Reply, email: str) -> list[str]:
        """The ids of those listed rows that hold our address; others are none of our business."""
        ours = [item for item in self._items(reply) if _holds(item, email)]
        found = (_at(item, self._settings.id_field) for item in ours)
        return [str(one) for one in found if isinstance(one, str | int)]

    def lists_others(self, reply: Reply, email: str) -> bool:
        """Some listed row does not hold our address."""
        return not all(_holds(item, email) for item in self._items(reply))

    def _items(self, reply: Reply) -> list[Any]:
        items = _at(reply.body, self._settings.items_field)
        return items if isinstance(items, list) else []

    def _try(self, request: Request, began: float) -> Reply:
        try:
            with self._http.stream(
                request.method, request.filled, json=request.body, follow_redirects=False
            ) as response:
                raw = self._read(response, began)
        except httpx.ConnectError as error:
            raise _NotYet(_no_connection(error)) from None
        if response.status_code == 429:
            raise _NotYet("The API takes up no more requests just now (429).")
        content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        took = round((time.monotonic() - began) * 1_000)
        return Reply(response.status_code, content_type[:60], _decoded(raw, content_type), took)

    def _read(self, response: httpx.Response, began: float) -> bytes:
        """The body, within a size and a time: an API that trickles for ever is one that hangs."""
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise ApiUnreachable(f"The API's answer is over {MAX_BODY_BYTES:,} bytes.")
            if time.monotonic() - began > self._settings.timeout_s * 2:
                raise httpx.ReadTimeout("the answer does not end")
        return bytes(body)


def _headers(settings: CanarySettings) -> dict[str, str]:
    headers = {"Accept": "application/json", **settings.headers}
    if settings.token is not None:
        headers["Authorization"] = f"Bearer {settings.token.get_secret_value()}"
    if not all(text.isascii() and text.isprintable() for one in headers.items() for text in one):
        raise SettingsError(
            "TOMBSTONE_CANARY__TOKEN or canary.headers holds characters that no header has."
        )
    return headers


def _no_connection(error: httpx.ConnectError) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "The API's TLS certificate is not trusted here, or not for this name: SSL_CERT_FILE."
    return "No connection to the API comes about: see TOMBSTONE_CANARY__BASE_URL."


def _request(template: str, values: Mapping[str, str], body: Any = None) -> Request:
    method, path = template.split(" ", 1)
    filled = path
    for name, value in values.items():
        filled = filled.replace(f"{{{name}}}", quote(value, safe=""))
    return Request(method, path, filled, body)


def _filled(template: Any, values: Mapping[str, str]) -> Any:
    """The body with its placeholders filled in; a field that is only an unknown one is left out."""
    if isinstance(template, dict):
        return {name: _filled(v, values) for name, v in template.items() if not _lacks(v, values)}
    if isinstance(template, list):
        return [_filled(v, values) for v in template if not _lacks(v, values)]
    if isinstance(template, str):
        for name, value in values.items():
            template = template.replace(f"{{{name}}}", value)
    return template


def _lacks(value: Any, values: Mapping[str, str]) -> bool:
    return value in ("{email}", "{external_id}") and value.strip("{}") not in values


def _at(body: Any, path: str) -> Any:
    """What stands at a dotted path; the empty one is the body itself."""
    for name in path.split(".") if path else ():
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _holds(item: Any, email: str) -> bool:
    return any(text.casefold() == email.casefold() for text in _texts(item))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _decoded(raw: bytes, content_type: str) -> Any:
    if not (content_type == "application/json" or content_type.endswith("+json")):
        return None
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
