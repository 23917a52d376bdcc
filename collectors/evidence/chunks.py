"""Many values, some at a time: what a database takes of parameters in one statement has an end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
_AT_ONCE = 500


def chunks(values: Iterable[T]) -> Iterator[tuple[T, ...]]:
    """All of them in order, as many at once as one statement takes.

    >>> [len(some) for some in chunks(range(1_200))]
    [500, 500, 200]
    """
    rest = iter(values)
    while some := tuple(islice(rest, _AT_ONCE)):
        yield some
