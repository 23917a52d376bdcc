"""Raw URLs → routes: what was called, without whom it was about.

A path can hold a customer's id, external id or e-mail address. Only segments that read like words
of an API are kept, and none that follows a word which announces somebody's own identifier.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

MAX_TEXT = 200
HIDDEN = "{id}"
_WORD = re.compile(r"v\d{1,2}|[A-Za-z]+(?:[_-][A-Za-z]+){0,4}")
_PARAMETER = re.compile(r"\{\w+(?::\w+)?\}|:\w+|<[\w:]+>|\[\w+\]")
_ANNOUNCES = re.compile(r"external(?:[_-]?ids?)?|e?mails?|by[_-]\w+|names?|users?|slugs?", re.I)
_METHOD = re.compile(r"(?:([A-Z]{3,7})\s+)?(\S*/.*)", re.S)


def route(url: str) -> str | None:
    """The path of a URL with everything that may name somebody replaced by `{id}`.

    >>> route("https://api.example.com/v1/customers/external/acme-7?email=a@b.c")
    '/v1/customers/external/{id}'
    """
    try:
        path = urlsplit(url.strip()).path
    except ValueError:
        return None
    kept: list[str] = []
    for segment in path[:MAX_TEXT].split("/"):
        kept.append(_kept(segment, after=kept[-1] if kept else ""))
    return "/".join(kept) or None


@lru_cache(maxsize=1_024)
def transaction_name(text: str) -> str:
    """A transaction's name; one that is a raw URL ("GET /customers/42") becomes its route.

    An application has few of them, and each fails many times.

    >>> transaction_name("POST /v1/customers/42")
    'POST /v1/customers/{id}'
    >>> transaction_name("polar.customer.endpoints.create")
    'polar.customer.endpoints.create'
    """
    found = _METHOD.fullmatch(text)
    if found is None:
        return text[:MAX_TEXT]
    method, path = found.groups()
    return f"{method} {route(path) or ''}".strip() if method else route(path) or ""


def _kept(segment: str, after: str) -> str:
    if not segment or _PARAMETER.fullmatch(segment):
        return segment
    if _ANNOUNCES.fullmatch(after) or len(segment) > 40 or not _WORD.fullmatch(segment):
        return HIDDEN
    return segment
