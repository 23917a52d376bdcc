"""Whether a body is what was written: an inner call may hold the row, and differ from it.

An application confirms a checkout with an address that it kept, makes an alias of one, or writes
the rows of a file; what it hands on to its own inner calls is nearer to the failure than any body.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from itertools import islice

from collectors.linking.agreement import differ, folded
from collectors.linking.entities import is_actor
from collectors.linking.frames import is_body, role_of
from collectors.linking.leaves import variable_leaves
from collectors.linking.literals import UNKNOWN, Value
from collectors.linking.names import fold
from collectors.model import Event, Frame

_MOST_FRAMES = 60
_MOST_VARIABLES = 200
_MOST_NAMES = 100
_FIRST = 10
_ALIKE = 2
"""So many names in common tell a row from another thing that has an e-mail address too."""


def refuted(
    event: Event, fields: Mapping[str, Value], subject: str, given: Container[str] | None = None
) -> dict[str, Value]:
    """`fields` of a body, UNKNOWN where the innermost call that holds the like has another value.

    Frames from that of the body on outwards are not asked: the body was made there, out of what
    else they hold. Where it is known what was `given` to the driver, nothing else counts.
    """
    frames = (frame for error in event.exceptions for frame in reversed(error.frames))
    own = (frame for frame in frames if frame.in_app and frame.variables)
    for frame in islice(own, _MOST_FRAMES):
        if any(is_body(name, value) for name, value in frame.variables.items()):
            break
        rows = [row for row in _rows(frame, fields, subject) if _is_like(row, fields)]
        if rows:
            return {name: _unless(rows, name, value, given) for name, value in fields.items()}
    return dict(fields)


def _rows(frame: Frame, fields: Mapping[str, Value], subject: str) -> Iterator[dict[str, Value]]:
    """What its variables hold that may be a row, or rows; not parameters, nor whoever acts."""
    for name, value in islice(frame.variables.items(), _MOST_VARIABLES):
        if _is_like(_names(value), fields) and not (is_actor(name) or role_of(name)):
            found = variable_leaves(name, value, subject)
            yield {fold(each): one for each, one in found.items()}


def _names(value: object) -> set[str]:
    """Of a row, or of the first of several: a quick look before they are read."""
    one = (
        next((item for item in value[:_FIRST] if item), None) if isinstance(value, list) else value
    )
    return set(map(fold, map(str, islice(one, _MOST_NAMES)))) if isinstance(one, dict) else set()


def _is_like(row: Container[str], fields: Mapping[str, Value]) -> bool:
    common = sum(fold(name) in row for name in fields)
    return common >= min(_ALIKE, len(fields)) > 0


def _unless(
    rows: list[dict[str, Value]], name: str, value: Value, given: Container[str] | None
) -> Value:
    others = (row.get(fold(name)) for row in rows)
    rivals = (one for one in others if given is None or folded(one) in given)
    return UNKNOWN if any(differ(one, value) for one in rivals) else value
