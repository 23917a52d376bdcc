"""The values that a unique violation prints, cut back into one for each key expression.

PostgreSQL joins them with ", " and neither quotes nor escapes them
(`BuildIndexValueDescription` in its genam.c), so a value may hold the separator itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from math import comb

from collectors.linking.names import columns_in, fold
from collectors.model import KeyValues

LIMIT = 64
"""At most so many splits are kept; a tuple that fills the limit is too ambiguous to look up."""

FITS = 3
"""What a value adds to the plausibility of its tuple by being what its column's name promises."""

_MOST_COLUMNS = 32
_MOST_WAYS_TRIED = 500
_SEPARATOR = ", "
_ATOMIC_TYPES = (
    r"(?:uuid|smallint|integer|bigint|numeric|boolean|date|timestamp with(?:out)? time zone)"
)
_ATOMIC = re.compile(
    rf"\((?:\w+|\"[^\"]+\")::{_ATOMIC_TYPES}\)"
    rf"|COALESCE\((?:\w+|\"[^\"]+\"), (?:'[^']*'::{_ATOMIC_TYPES}|-?\d+|true|false)\)"
    r"|(?:md5|date)\((?:\w+|\"[^\"]+\")(?:::text)?\)"
    r"|encode\([^(),']+, 'hex'::text\)"
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBER = re.compile(r"-?\d{1,40}(?:\.\d{1,40})?")
_TIME = re.compile(r"\d{4,6}-\d\d-\d\d(?:[ T]\d\d:\d\d.*)?")
_EMAIL = re.compile(r"[^\s@,()]+@[^\s@,()]+")
_TRUTH = re.compile(r"[tf]")


def splits(columns: Sequence[str], printed: str) -> tuple[KeyValues, ...]:
    """Every way to cut `printed` into one value a column, the most plausible first.

    The true one is always among them, unless there are more than LIMIT ways. A column's name
    proves nothing (an `organization_id` may be text), so names only order the ways; what drops one
    is an expression whose values cannot hold a comma, such as `COALESCE(n, 0)`.
    None stands for a printed `null`: SQL's NULL or the text "null", which only the catalog tells.

    >>> splits(("team", "name"), "red, Doe, Jane")
    (('red', 'Doe, Jane'), ('red, Doe', 'Jane'))
    """
    pieces = printed.split(_SEPARATOR)
    if not columns or len(columns) > _MOST_COLUMNS or len(pieces) < len(columns):
        return ()
    whole = [index for index, column in enumerate(columns) if _ATOMIC.fullmatch(column)]
    ways = list(_ways(pieces, len(columns)))
    fitting = [way for way in ways if not any(_SEPARATOR in way[index] for index in whole)] or ways
    if len(fitting) > 1:
        shapes = tuple(map(_expected, columns))
        fitting.sort(key=lambda way: _plausibility(shapes, way), reverse=True)
    return tuple(tuple(map(value_of, way)) for way in dict.fromkeys(fitting[:LIMIT]))


def plausibility(columns: Sequence[str], values: KeyValues) -> int:
    """How well the values look like what the columns' names promise; only differences mean much."""
    texts = tuple("null" if value is None else value for value in values)
    return _plausibility(tuple(map(_expected, columns)), texts)


def value_of(printed: str) -> str | None:
    """A printed `null` may be either: see `splits`."""
    return None if printed == "null" else printed


def _ways(pieces: list[str], count: int) -> Iterator[tuple[str, ...]]:
    """All ways, or, where they are too many, those in which one value holds every spare comma."""
    inner = range(1, len(pieces))
    if comb(len(inner), count - 1) <= _MOST_WAYS_TRIED:
        for cuts in combinations(inner, count - 1):
            bounds = pairwise((0, *cuts, len(pieces)))
            yield tuple(_SEPARATOR.join(pieces[start:end]) for start, end in bounds)
        return
    spare = len(pieces) - count
    for index in range(count):
        long = _SEPARATOR.join(pieces[index : index + spare + 1])
        yield (*pieces[:index], long, *pieces[index + spare + 1 :])


def _expected(column: str) -> re.Pattern[str] | None:
    """What the column's name lets one expect of its values."""
    name = (columns_in(column) or (column,))[0]
    folded = fold(name)
    if folded.endswith("email"):
        return _EMAIL
    if folded in {"id", "uuid"} or name.endswith(("_id", "Id", "ID", "_uuid")):
        return _UUID
    if name.endswith(("_at", "At", "_date")):
        return _TIME
    if name.startswith(("is_", "has_")):
        return _TRUTH
    return None


def _plausibility(shapes: Sequence[re.Pattern[str] | None], values: Sequence[str]) -> int:
    return sum(_fit(shape, value) for shape, value in zip(shapes, values, strict=True))


def _fit(shape: re.Pattern[str] | None, value: str) -> int:
    score = -1 if value != value.strip() or not value else 0
    score -= value.count("(") != value.count(")")
    if shape is None:
        return score
    if shape.fullmatch(value):
        return score + FITS
    if value == "null" or (shape is _UUID and _NUMBER.fullmatch(value)):
        return score + 2
    return score - 2 * (_SEPARATOR in value)
