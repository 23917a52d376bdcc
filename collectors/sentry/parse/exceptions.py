"""The exception chain of a Body, whichever of the spellings it came in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Raw

from collectors.model import ExceptionValue
from collectors.sentry.parse.entries import entries_of
from collectors.sentry.parse.frames import FrameReader
from collectors.sentry.parse.shapes import Body, ChainShape, ExceptionShape, FrameShape
from collectors.sentry.parse.text import as_text, as_word, mapping_of

_MOST_DATA = 20_000
_TELLING = (b"onstraint", b"etail")
_BRANCHING = (b"suppressed", b"is_exception_group")

MAX_EXCEPTIONS = 50
"""Of a longer chain both ends are kept: the innermost has the key, the outermost the request.

Of those between, which are a group's, half as many that print a key.
"""


def read_exceptions(body: Body) -> tuple[ExceptionValue, ...]:
    """Every exception, innermost first, as the SDK sends them."""
    shapes = list(_shapes(body))
    if len(shapes) > MAX_EXCEPTIONS:
        half = MAX_EXCEPTIONS // 2
        between = [shape for shape in shapes[half:-half] if _prints_key(shape.value)]
        shapes = shapes[:half] + between[:half] + shapes[-half:]
    reader = FrameReader(
        map(_frames, shapes), with_libraries=not any(_prints_key(shape.value) for shape in shapes)
    )
    branches = any(mark in bytes(shape.mechanism) for shape in shapes for mark in _BRANCHING)
    return tuple(_read(shape, reader, branches=branches) for shape in shapes)


def _shapes(body: Body) -> Iterator[ExceptionShape]:
    chain = body.exception
    lists = [chain.values if isinstance(chain, ChainShape) else chain]
    lists += [entry.values for entry in entries_of(body, "exception")]
    for shapes in lists:
        yield from (shape for shape in shapes or () if shape is not None)


def _prints_key(value: Any) -> bool:
    """The text holds PostgreSQL's `Key (…)=(…)`, neither cut nor scrubbed."""
    if not isinstance(value, str):
        return False
    return ")=(" in value and not value.endswith("...") and "[Filtered]" not in value


def _frames(shape: ExceptionShape) -> list[FrameShape | None]:
    return (shape.stacktrace and shape.stacktrace.frames) or []


def _read(shape: ExceptionShape, reader: FrameReader, *, branches: bool) -> ExceptionValue:
    return ExceptionValue(
        type=as_word(shape.type),
        module=as_word(shape.module),
        value=as_text(shape.value) or "",
        frames=reader.read(_frames(shape)),
        data=_data(bytes(shape.mechanism)),
        mechanism=mapping_of(shape.mechanism) if branches else {},
    )


def _data(mechanism: bytes) -> dict[str, Any]:
    """The exception's own fields, which .NET's SDK puts there: Npgsql's `ConstraintName`, `Detail`.

    Most SDKs put a function's name or nothing there, which is not worth decoding.
    """
    if len(mechanism) > _MOST_DATA or not any(word in mechanism for word in _TELLING):
        return {}
    data = mapping_of(Raw(mechanism)).get("data")
    return data if isinstance(data, dict) else {}
