"""The parts of a very long text that are worth reading, so that its length costs next to nothing.

An Event may be a megabyte of whatever its sender liked. A short text is kept as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from collectors.linking.phrases import NAMED_AFTER, NAMED_BEFORE

WHOLE = 100_000
"""Characters; a text up to here is read in full."""

_HEAD = 40_000
_TAIL = 20_000
_AROUND = 4_000
_MOST_PLACES = 5
_SIGNS = (*NAMED_AFTER, *NAMED_BEFORE, ")=(", "23505")


def focused(text: str) -> str:
    """The beginning, the end, and what surrounds the first signs of a unique violation between."""
    if len(text) <= WHOLE:
        return text
    inner, outer = _HEAD, len(text) - _TAIL
    places = sorted(set(_places(text, inner, outer)))[:_MOST_PLACES]
    spans = [(0, inner)]
    for place in places:
        start, end = place - _AROUND, place + _AROUND
        if start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    spans.append((max(outer, spans[-1][1]), len(text)))
    return "\n\n".join(text[start:end] for start, end in spans)


def _places(text: str, inner: int, outer: int) -> Iterator[int]:
    for sign in _SIGNS:
        place = text.find(sign, inner, outer)
        if place >= 0:
            yield place
