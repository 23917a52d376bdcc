"""A write that was tried again while its first failure was handled: only the last try counts.

The errors of both are one chain then. What was tried before had other values, or it would not have
been tried again, and so has what the request sent.
"""

from __future__ import annotations

from collections.abc import Sequence

from collectors.linking.mentions import mentions
from collectors.linking.other import other_refusal
from collectors.linking.phrases import is_unique_type, names_one
from collectors.model import ExceptionValue

_WHILE_HANDLED = "During handling of the above exception, another exception occurred:"
"""Between the tracebacks that Python prints, the innermost first."""

_JOINT = ")=("


_GROUPS = frozenset({"ExceptionGroup", "BaseExceptionGroup", "AggregateError"})


_ANYBODYS = frozenset(
    {"Error", "Exception", "RuntimeException", "DatabaseError", "IntegrityError", "DBAPIError"}
)
"""What wrappers are called as well, in Python as its DB-API wants it: several tell one error."""


def side_by_side(errors: Sequence[ExceptionValue]) -> bool:
    """A group holds them: none was raised while another one was handled, and no try came first."""
    return any(error.type in _GROUPS for error in errors)


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


def last_traceback(text: str) -> str:
    """Of tracebacks printed one after another, from the one that tells what failed in the end.

    A later one may retell the violation without its values: then they stand before it.
    """
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
