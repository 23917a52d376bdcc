"""Texts as Erlang and Elixir print their bytes: one by one, or as the letters of Latin-1."""

from __future__ import annotations

import json
import re

from collectors.linking.phrases import names_one
from collectors.linking.transfer import as_utf8

_BYTES = re.compile(r"<<((?:\d{1,3},\s{0,80}){8,9000})(?:(\d{1,3})|\.\.\.)>>")
_LETTERS = re.compile(r"<<(\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\")>>")


def from_binaries(text: str) -> str:
    r"""The text with such a binary as the string it is, where it tells of a unique violation.

    Erlang prints what is beyond Latin-1 as numbers, and the rest in its letters.

    >>> from_binaries("{detail,<<75,101,121,32,40,97,41,61,40,230,151,165,41,46>>}")
    '{detail,"Key (a)=(日)."}'
    >>> from_binaries('{detail,<<"Key (a)=(JosÃ©).">>}, <<1,2>>')
    '{detail,<<"Key (a)=(José).">>}, <<1,2>>'
    """
    if "<<" not in text:
        return text
    return _LETTERS.sub(_read, _BYTES.sub(_counted, text))


def _counted(match: re.Match[str]) -> str:
    numbers = [int(number) for number in re.findall(r"\d+", match[1] + (match[2] or ""))]
    if max(numbers) > 255:
        return match[0]
    told = bytes(numbers).decode(errors="ignore") + ("" if match[2] else "...")
    return json.dumps(told, ensure_ascii=False) if ")=(" in told or names_one(told) else match[0]


def _read(match: re.Match[str]) -> str:
    return f"<<{as_utf8(match[1])}>>"
