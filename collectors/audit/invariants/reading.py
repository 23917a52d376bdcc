"""A file of the folder as an Invariant, or the sentence that says what is wrong with it. Pure."""

from __future__ import annotations

import re

from collectors.errors import UsageError
from collectors.model import Invariant, Severity

_LINE = re.compile(r"--\s?(?:(title|reason|severity|about):\s*)?(.*)")
_SKIPPED = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/", re.DOTALL
)
"""What a semicolon means nothing in: quotes, dollar quotes, comments."""


def read_invariant(text: str, name: str) -> Invariant:
    """The file's text; `name` is the file's own, without its ending. Raises UsageError."""
    told, body = _split(text)
    if missing := [field for field in ("title", "reason", "severity") if not told.get(field)]:
        raise UsageError(f"{name} does not begin with a line `-- {missing[0]}: …`.")
    if told["severity"] not in list(Severity):
        raise UsageError(f"{name} has severity {told['severity']!r}: high, medium, low or info.")
    sql = body.strip().removesuffix(";").strip()
    bare = _SKIPPED.sub(" ", sql)
    if ";" in bare or not re.match(r"\s*(select|with)\b", bare, re.IGNORECASE):
        raise UsageError(f"{name} must be one SELECT of the rows that break it, and nothing else.")
    return Invariant(
        name=name,
        title=told["title"],
        reason=told["reason"],
        severity=Severity(told["severity"]),
        about=told.get("about") or None,
        sql=sql,
    )


def _split(text: str) -> tuple[dict[str, str], str]:
    """The header's fields, each of which may go on over several lines, and the rest."""
    told: dict[str, str] = {}
    field, lines = "", text.lstrip("\ufeff").splitlines()
    for number, line in enumerate(lines):
        found = _LINE.fullmatch(line.strip())
        if found is None:
            return told, "\n".join(lines[number:])
        field = found[1] or field
        if field:
            told[field] = " ".join((told.get(field, "") + " " + found[2]).split())
    return told, ""
