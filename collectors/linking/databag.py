"""How Python's SDK cuts a request's body and `extra`: ten names broad, five levels deep.

What lies at the last level it puts as a repr, a text in quotes of its own, which no row holds:
`"'jane@example.com'"`.
"""

from __future__ import annotations

from collections.abc import Mapping

from collectors.linking.hidden import is_cut
from collectors.linking.literals import UNKNOWN, printed
from collectors.model import Event

_KEPT = 5
"""`MAX_DATABAG_DEPTH` of sentry-sdk's serializer."""

CUT_AT = 10
"""Names or items: its `MAX_DATABAG_BREADTH`."""


def legible(event: Event, databag: object) -> object:
    """The body, or `extra`, with what was printed at the limit as it was."""
    return _legible(databag, _KEPT) if event.platform == "python" else databag


def _legible(value: object, left: int) -> object:
    if left == 0 and isinstance(value, str):
        return UNKNOWN if is_cut(value) else printed(value)
    if left == 0:
        return value
    if isinstance(value, Mapping):
        return {name: _legible(inner, left - 1) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_legible(inner, left - 1) for inner in value]
    return value
