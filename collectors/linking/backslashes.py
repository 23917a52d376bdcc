"""Backslash escapes, as Python, JSON and JavaScript write them."""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}|.)", re.DOTALL
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}


def unescape(text: str) -> str:
    r"""Undo one level of backslash escapes.

    >>> unescape(r'a \"b\"')
    'a "b"'
    """
    plain_text = _ESCAPE.sub(_unescaped, text)
    if _SURROGATE.search(plain_text) is None:
        return plain_text
    return plain_text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(match: re.Match[str]) -> str:
    mark = match[1]
    if len(mark) > 1:
        return chr(int(mark[1:], 16))
    return _CONTROLS.get(mark, mark)
