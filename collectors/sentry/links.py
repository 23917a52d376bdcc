"""The Link header, by which Sentry's API says whether there is a next page, read tolerantly.

Sentry writes `<url>; rel="next"; results="true"; cursor="…"`. GlitchTip wraps the same in a Python
set's repr, which no strict parser takes; so only the parts that matter are looked for.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_PARAMETER = re.compile(r"(\w+)\s*=\s*\"?([^\";,'{}]*)")


def next_cursor(header: str | None) -> str | None:
    """The cursor of the next page; None when the server does not say that it has results.

    >>> next_cursor('<https://s/?cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"')
    '0:100:0'
    """
    for url, rest in _LINK.findall(header or ""):
        parameters = dict(_PARAMETER.findall(rest))
        if parameters.get("rel") == "next" and parameters.get("results") == "true":
            return parameters.get("cursor") or _cursor_of(url)
    return None


def _cursor_of(url: str) -> str | None:
    try:
        return next(iter(parse_qs(urlsplit(url).query).get("cursor", [])), None)
    except ValueError:
        return None
