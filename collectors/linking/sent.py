"""What the driver was given with the failed statement: nothing else in an Event was written."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from collectors.linking import hidden
from collectors.linking.agreement import folded
from collectors.linking.appended import before_trace
from collectors.linking.databag import CUT_AT
from collectors.linking.frames import PARAMETERS
from collectors.linking.literals import Tree, printed, read_at
from collectors.model import Event, ExceptionValue, Frame

_QUOTED = re.compile(r"\]\n\[parameters: (?=[\[({])")
_SHORTENED = re.compile(r"\.\.\. \(\d+ characters truncated\) \.\.\.")
_FAILED, _PARAMS = "Failed query: ", "\nparams: "
_COMMA = re.compile(r"\s*,\s*")
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class _Joined:
    """Drizzle's parameters: any run of them may be one value, with commas in it."""

    printed: str

    def __contains__(self, value: object) -> bool:
        return f",{_joined(str(value))}," in self.printed or (
            value == folded(None) and ",," in self.printed
        )


def sent(event: Event) -> Container[str] | None:
    """The values, as they are compared; None where nothing tells, or not of all of them."""
    of_frames = next(_of_frames(event), None)
    return of_frames or next(_of_texts(event), None) or next(_of_joined_texts(event), None)


def _of_frames(event: Event) -> Iterator[frozenset[str] | None]:
    """Of the innermost call that holds parameters; SDKs cut long lists."""
    for error in event.exceptions:
        for frame in _calls(error):
            trees = [printed(frame.variables.get(name)) for name in PARAMETERS]
            given = next((tree for tree in trees if isinstance(tree, list | dict) and tree), None)
            if given is not None:
                longest = max(len(given), *map(len, _sets(given)))
                yield _values(given) if longest < CUT_AT else None


def _calls(error: ExceptionValue) -> Sequence[Frame]:
    """Of the package that raised it, the innermost first; of one in C, as psycopg2, its caller."""
    if not error.module:
        return ()
    package = _package(error.module)
    own = [frame for frame in reversed(error.frames) if _package(frame.module) == package]
    if own:
        return [frame for frame in own if not frame.in_app]
    return [frame for frame in error.frames[-1:] if frame.in_app]


def _of_texts(event: Event) -> Iterator[frozenset[str]]:
    """What SQLAlchemy quotes, of a call of a function, too: whole, or it tells nothing."""
    for error in reversed(event.exceptions):
        start = _QUOTED.search(error.value) if "[parameters: " in error.value else None
        if start is None:
            continue
        given, end = read_at(error.value[: start.end() + _LONGEST], start.end())
        whole = end is not None and not _SHORTENED.search(error.value, start.end(), end)
        if whole and isinstance(given, list | dict) and given:
            yield _values(given)


def _of_joined_texts(event: Event) -> Iterator[_Joined]:
    """What Drizzle quotes: whole, or it tells nothing."""
    for error in reversed(event.exceptions):
        _, _, joined = error.value.partition(_FAILED)[2].partition(_PARAMS)
        if joined and len(joined) < _LONGEST:
            printed = before_trace(joined)
            if not hidden.is_cut(printed):
                yield _Joined(f",{_joined(folded(printed))},")


def _joined(text: str) -> str:
    return _COMMA.sub(",", text)


def _values(given: list[Tree] | dict[str, Tree]) -> frozenset[str]:
    return frozenset(folded(one) for each in _sets(given) for one in each)


def _sets(given: list[Tree] | dict[str, Tree]) -> list[list[Tree]]:
    """The sets of parameters, by place or by name; a single one is a set as well."""
    return [_set(item) for item in (given if isinstance(given, list) else [given])]


def _set(item: Tree) -> list[Tree]:
    if isinstance(item, dict):
        return list(item.values())
    return item if isinstance(item, list) else [item]


def _package(module: str | None) -> str:
    return (module or "").partition(".")[0]
