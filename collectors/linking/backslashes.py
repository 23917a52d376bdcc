"""Backslash escapes, as Python, JSON, JavaScript and Markdown write them."""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}|.)", re.DOTALL
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARKDOWN_NAME = re.compile(r"\"\w{1,63}\\_[\w\\]{1,80}\"|\([\w, ]{1,200}\\_[\w\\, ]{1,200}\)\s?=")
_MARKDOWN_ESCAPE = re.compile(r"\\([\\_*\[\]~`<>#|])")
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}


def unescape(text: str) -> str:
    r"""Undo one level of backslash escapes.

    >>> unescape(r'a \"b\"')
    'a "b"'
    """
    return whole_characters(_ESCAPE.sub(_unescaped, text))


def whole_characters(text: str) -> str:
    r"""Two halves of a surrogate pair as the character they are; half of one is no character.

    JSON may hold a half (JavaScript cuts texts there); no database and no encoding takes it.

    >>> whole_characters("\ud83e\udd26") == "\U0001f926", whole_characters("\ud83ex")
    (True, '\ufffdx')
    """
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def from_markdown(text: str) -> str:
    r"""The text without Markdown's escapes, which show in the names of constraints and columns.

    >>> from_markdown(r'violates unique constraint "u\_email"')
    'violates unique constraint "u_email"'
    """
    if "\\_" not in text or _MARKDOWN_NAME.search(text) is None:
        return text
    return _MARKDOWN_ESCAPE.sub(r"\1", text)


def _unescaped(match: re.Match[str]) -> str:
    mark = match[1]
    if len(mark) > 1:
        return chr(int(mark[1:], 16))
    return _CONTROLS.get(mark, mark)
