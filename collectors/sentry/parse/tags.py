"""Tags in any of their shapes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from collectors.sentry.parse.text import as_text, as_word

MAX_TAG = 1_000


def read_tags(value: Any) -> dict[str, str]:
    """Tags from an object, from pairs, or from the Web API's list of `{key, value}`.

    >>> read_tags([["level", "error"], {"key": "handled", "value": False}])
    {'level': 'error', 'handled': 'false'}
    """
    read = ((as_word(key), as_text(item)) for key, item in _pairs(value))
    return {key: text[:MAX_TAG] for key, text in read if key and text}


def _pairs(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield item.get("key"), item.get("value")
        elif isinstance(item, list) and len(item) == 2:
            yield item[0], item[1]
