"""What several bodies in one place tell together of a row, each of which may be another one's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from collectors.linking.entities import is_of_anything
from collectors.linking.leaves import chosen
from collectors.linking.literals import UNKNOWN, Unknown, Value
from collectors.linking.names import fold


def folded(value: object) -> str:
    """A value as it is compared with others: an application may have folded it."""
    return str(value).strip().casefold()


def differ(one: Value, other: Value) -> bool:
    """Both are there, and they are not the same; what cannot be read is never the same."""
    if one is None or other is None:
        return False
    return isinstance(one, Unknown) or folded(one) != folded(other)


def agreed(bodies: Sequence[Mapping[str, Value]], wanted: Sequence[str]) -> dict[str, Value]:
    """The wanted values of all `bodies`, UNKNOWN where which of them counts nothing tells.

    Where one has nothing, another tells, unless the two are of two rows. What only a body has that
    could not be read is UNKNOWN, so that nothing further away takes its place.
    """
    here: dict[str, Value] = {}
    unread: set[str] = set()
    apart = _are_of_two_rows(bodies)
    for body in bodies:
        for name, value in chosen(body, wanted).items():
            if isinstance(value, Unknown):
                unread.add(name)
                continue
            before = here.get(name, value)
            of_another = apart and (before is None) != (value is None)
            if of_another or differ(before, value):
                here[name] = UNKNOWN
            elif before is None or name not in here:
                here[name] = value
    return dict.fromkeys(unread, UNKNOWN) | here


def contradict(one: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
    """Both tell of something that rows seldom share, and not the same: they are of two rows.

    Then nothing that the one has completes what the other lacks.
    """
    known = {fold(name): value for name, value in one.items() if not is_of_anything(name)}
    return any(_are_apart(known.get(fold(name)), value) for name, value in other.items())


def _are_apart(one: Value, other: Value) -> bool:
    return not isinstance(other, Unknown) and not isinstance(one, Unknown) and differ(one, other)


def _are_of_two_rows(bodies: Iterable[Mapping[str, Value]]) -> bool:
    """Two of them differ in anything that both have."""
    seen: dict[str, str] = {}
    read = ((fold(name), value) for body in bodies for name, value in body.items())
    return any(
        isinstance(value, str) and differ(seen.setdefault(name, value), value)
        for name, value in read
    )
