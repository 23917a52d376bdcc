"""A driver's error that is printed as a structure, and what is printed before it.

Rust, Go and Elixir print the application's own error around it, and with that often the row that
was to be written: a text in it may be anything, another error's sentence too.
"""

from __future__ import annotations

import re

_JOINT = ")=("
_DETAIL = re.compile(
    r"\b[Dd]etail[\"']?\s?(?:=>|[:=])\s?(?:Some\(\s{0,80})?([\"'`])((?:(?!\1)[^\\\n]|\\.)*+)\1"
)
_LITERAL = re.compile(
    r"\w[\"']?\s?(?:=>|[:=])\s?(?:Some\(\s{0,80})?([\"'`])(?:(?!\1)[^\\]|\\.)*+\1", re.DOTALL
)
_UNIQUE = re.compile(r"23505|\bunique_violation\b")
_LONGEST = 4_000


def from_struct(text: str) -> str:
    """The text from the driver's structure on, if a field of another one holds a sentence before.

    One that stands outside of all fields is the error's own, which the structure only repeats.
    """
    if text.count(_JOINT) < 2 or "23505" not in text:
        return text
    for detail in _DETAIL.finditer(text):
        if _JOINT in detail[2]:
            start = max(text.rfind("{", 0, detail.start()), 0)
            is_driver = _UNIQUE.search(text, start, detail.end() + _LONGEST) is not None
            is_led = _JOINT in text[:start] and _JOINT not in _LITERAL.sub("", text[:start])
            return text[start:] if is_driver and is_led else text
    return text
