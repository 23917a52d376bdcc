"""A write that was tried again while its first failure was handled: only the last try counts.

The errors of both are one chain then. What was tried before had other values, or it would not have
been tried again, and so has what the request sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from collectors.linking.mentions import mentions
from collectors.linking.names import field_word
from collectors.linking.other import other_refusal
from collectors.linking.phrases import is_unique_type, names_one
from collectors.model import ExceptionValue

_WHILE_HANDLED = "During handling of the above exception, another exception occurred:"
"""Between the tracebacks that Python prints, the innermost first."""

_SUPPRESSED = "Suppressed: "
_LINES = re.compile(r"(?<=\n)|(?<=\\n)")
_INDENT = re.compile(r"(?:[ \t]|\\t)*+")
_TRACED = ("at ", "... ")
_MOST_LINES = 10_000
_JOINT = ")=("


_GROUPS = frozenset(
    {"ExceptionGroup", "BaseExceptionGroup", "AggregateError", "AggregateException"}
)

_BEFORE = re.compile(r"_{0,8}(?:previous|prev|prior|earlier|first)", re.IGNORECASE)
_BEFORE_BEGINS = "_pPeEfF"
_TRIES = frozenset({"attempts", "tries", "retries"})
_DEEPEST = 6

_ANYBODYS = frozenset(
    {"Error", "Exception", "RuntimeException", "DatabaseError", "IntegrityError", "DBAPIError"}
)
"""What wrappers are called as well, in Python as its DB-API wants it: several tell one error."""


def side_by_side(errors: Sequence[ExceptionValue]) -> bool:
    """A group holds them: none was raised while another one was handled, and no try came first.

    What a task of .NET's raises comes in a group too, of that one.
    """
    parents = [error.mechanism.get("parent_id") for error in errors]
    return any(_is_group(one) and parents.count(_number(one)) != 1 for one in errors)


def _is_group(error: ExceptionValue) -> bool:
    last = (error.type or "").rsplit(".", 1)[-1]
    return last in _GROUPS or error.mechanism.get("is_exception_group") is True


def _number(error: ExceptionValue) -> object:
    number = error.mechanism.get("exception_id")
    return error if number is None else number


def unsuppressed(errors: Sequence[ExceptionValue]) -> tuple[ExceptionValue, ...]:
    """Without those that Java's SDK puts between the others: they failed beside what counts.

    Where the others tell of no database at all, a clean-up failed, and hid what had failed before.
    """
    aside: list[object] = []
    kept: list[ExceptionValue] = []
    for error in reversed(errors):
        link = error.mechanism
        if link.get("type") == "suppressed" or link.get("parent_id") in aside:
            aside.append(_number(error))
        else:
            kept.insert(0, error)
    return tuple(kept if any(map(_refused, kept)) else errors)


def _refused(error: ExceptionValue) -> bool:
    if is_unique_type(error.type) or names_one(error.value):
        return True
    return other_refusal(f"{error.type}: {error.value}") is not None


def last_attempt(errors: Sequence[ExceptionValue]) -> tuple[ExceptionValue, ...]:
    """From the last try's first error on: each class that tells of one is raised once for a try.

    Where no modules tell whose class it is, as in JavaScript, that of the innermost is a driver's.
    The driver's own error of it may be missing: `raise error from first` hides what `error` wraps.
    """
    start = 0
    seen: set[tuple[str | None, str | None]] = set()
    telling = [error.type for error in errors if names_one(error.value)]
    drivers = {*telling[:1]} - _ANYBODYS
    for place, error in enumerate(errors):
        is_known = error.module or error.type in drivers
        if not (is_unique_type(error.type) or (is_known and names_one(error.value))):
            continue
        kind = error.module, error.type
        if kind in seen:
            start, seen = place, set()
        seen.add(kind)
    return tuple(errors[start:])


def of_last_try(told: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """What an Event attaches, without what it says by name of tries before: `previousError`."""
    return {
        name: _last(name, value, depth) if isinstance(value, dict | list) else value
        for name, value in told.items()
        if name[:1] not in _BEFORE_BEGINS or _BEFORE.match(name) is None or _is_now(value)
    }


def _last(name: object, value: dict[str, Any] | list[Any], depth: int) -> Any:
    if depth > _DEEPEST:
        return value
    if isinstance(value, dict):
        return of_last_try(value, depth + 1)
    items = value[-1:] if field_word(name) in _TRIES else value
    return [
        _last(None, item, depth + 1) if isinstance(item, dict | list) else item for item in items
    ]


def _is_now(value: object) -> bool:
    """A text under such a name tells of a try before only if it is an error: `first_name`."""
    if isinstance(value, str):
        return not (_JOINT in value or names_one(value))
    return not isinstance(value, dict | list)


def last_traceback(text: str) -> str:
    """Of tracebacks printed one after another, from the one that tells what failed in the end.

    A later one may retell the violation without its values: then they stand before it.
    """
    if _SUPPRESSED in text:
        text = _without_suppressed(text)
    if _WHILE_HANDLED not in text:
        return text
    parts = text.split(_WHILE_HANDLED)
    last = len(parts) - 1
    while last and not _names(parts[last]):
        if other_refusal(parts[last]) is not None:
            return parts[last]
        last -= 1
    first, told = last, _names(parts[last])
    while first and _JOINT not in parts[first] and told & _names(parts[first - 1]):
        first -= 1
    return _WHILE_HANDLED.join(parts[first if _JOINT in parts[first] else last :])


def _names(text: str) -> set[str | None]:
    return {mention.constraint for mention in mentions(text)}


def _without_suppressed(text: str) -> str:
    """A stack trace of Java's without what failed beside it, printed with a deeper indentation.

    Its line breaks may still be escaped. The lines of a message, before the first frame, are not
    indented.
    """
    kept: list[str] = []
    depth, traced = 0, False
    for line in _LINES.split(text, _MOST_LINES):
        indent = len(_INDENT.match(line)[0])  # type: ignore[index]  # it matches anything
        if line.startswith(_SUPPRESSED, indent) and indent and (not depth or indent <= depth):
            depth, traced = indent, False
            continue
        traced = traced or line.startswith(_TRACED, indent)
        if depth and traced and indent < depth:
            depth = 0
        if not depth:
            kept.append(line)
    main = "".join(kept)
    return main if names_one(main) else text
