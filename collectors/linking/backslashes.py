"""Backslash escapes, as programs, JSON and Markdown write them."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from itertools import starmap

_ESCAPE = re.compile(
    r"((?:\\(?:x[0-9a-fA-F]{2}|\d{3,7}))+)(?:\\&)?"
    r"|\\(u[0-9a-fA-F]{4}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}|[ux]\{[0-9a-fA-F]{1,6}\}|.)",
    re.DOTALL,
)
"""First what is escaped by number; Haskell puts `\\&` between that and a digit behind it."""

_NUMBER = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(\d{3,7}))")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARKDOWN_NAME = re.compile(r"\"\w{1,63}\\_[\w\\]{1,80}\"|\([\w, ]{1,200}\\_[\w\\, ]{1,200}\)\s?=")
_MARKDOWN_ESCAPE = re.compile(r"\\([\\_*\[\]~`<>#|])")
_CONTROLS = dict(zip("ntrbf0aved", "\n\t\r\b\f\0\a\v\x1b\x7f", strict=True))
"""Those of JSON, then what only Go, Ruby and Elixir print."""


def unescape(text: str) -> str:
    r"""Undo one level of backslash escapes; bytes that make up a character are that one.

    >>> unescape(r'a \"b\"'), unescape(r'Jos\195\169, Jos\303\251, Jos\xc3\xa9, Jos\233, Jos\u{e9}')
    ('a "b"', 'José, José, José, José, José')
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
    if match[1]:
        numbers = _NUMBER.findall(match[1])
        return _from_bytes(numbers) or "".join(starmap(_character, numbers))
    mark = match[2]
    if len(mark) > 1:
        return _of_code(int(mark[1:].strip("{}"), 16), match[0])
    return _CONTROLS.get(mark, mark)


def _from_bytes(numbers: Sequence[tuple[str, str]]) -> str | None:
    """The characters that are escaped byte by byte; in UTF-8 none is the same in another base.

    A digit behind the last number is one of the text.
    """
    behind = numbers[-1][1][3:]
    if any(len(digits) > 3 for _, digits in numbers[:-1]):
        return None
    for base in (10, 8):
        try:
            codes = [
                int(hexed, 16) if hexed else int(digits[:3], base) for hexed, digits in numbers
            ]
            found = bytes(codes).decode()
        except ValueError:
            continue
        if not any(" " <= character <= "~" for character in found):
            return found + behind
    return None


def _character(hexed: str, digits: str) -> str:
    return chr(int(hexed, 16)) if hexed else _of_code(int(digits), f"\\{digits}")


def _of_code(code: int, printed: str) -> str:
    return chr(code) if code <= sys.maxunicode else printed
