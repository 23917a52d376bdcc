"""Stack frames: which are kept, and which variables of them are decoded.

96% of a real event is `exception`, nearly all of it variables of frames in libraries. Decoded are
all variables of the application's own frames; and, where no exception text prints the key, of
database drivers and web frameworks those that can hold the statement, its parameters or the body.
Where every frame is said to be a library's (Node's SDK does) the innermost ones count as own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Raw

from collectors.model import Frame
from collectors.sentry.parse.shapes import NOTHING, FrameShape
from collectors.sentry.parse.text import UNREADABLE, as_word, mapping_of, tidy

MAX_FRAMES = 40
"""Kept of one exception, innermost first in line."""
MAX_VARIABLES_BYTES = 200_000
"""A frame with more than this is kept without variables."""
MAX_TELLING = 8
"""Library frames read of one event, of each kind, innermost first."""
INNERMOST = 10

_DRIVER, _FRAMEWORK = "driver", "framework"
_DRIVER_MODULE = re.compile(
    r"(?:asyncpg|psycopg2?|pg8000|aiopg|sqlalchemy|sqlmodel|django|peewee|tortoise|databases"
    r"|pg|typeorm|sequelize|knex|drizzle-orm|@?prisma)(?:[./].*)?"
)
_RUNS_STATEMENT = re.compile(r"exec|insert|flush|query|save|run", re.I)
_FRAMEWORK_MODULE = re.compile(r"(?:fastapi|starlette|flask|django|rest_framework)(?:\..*)?")
_RUNS_ENDPOINT = re.compile(r"app|handle\w*|run_endpoint_function|dispatch\w*")


Stack = list[FrameShape | None]


class TellingVariables(msgspec.Struct, omit_defaults=True):
    """The variables of a library's frame that can hold the key's values."""

    statement: Any = None
    str_statement: Any = None
    operation: Any = None
    query: Any = None
    sql: Any = None
    parameters: Any = None
    effective_parameters: Any = None
    distilled_parameters: Any = None
    params: Any = None
    args: Any = None
    kwargs: Any = None
    values: Any = None
    body: Any = None
    json_body: Any = None


_TELLING = msgspec.json.Decoder(TellingVariables)


class FrameReader:
    """Reads the frames of one event, whose exceptions repeat each other's innermost frames.

    `stacks` are all its stacks. Frames of libraries are read only with `with_libraries`, and a
    bounded number of them over all stacks.
    """

    def __init__(self, stacks: Iterable[Stack], *, with_libraries: bool) -> None:
        self._own_marked = any(map(_has_own, stacks))
        self._with_libraries = with_libraries
        self._left = dict.fromkeys((_DRIVER, _FRAMEWORK), MAX_TELLING)

    def read(self, stack: Stack) -> tuple[Frame, ...]:
        """The frames that can tell something, in their order; the rest are left out."""
        kept: list[Frame] = []
        for position, shape in enumerate(reversed(stack)):
            if shape is None:
                continue
            if _is_own(shape) if self._own_marked else position < INNERMOST:
                kept.append(_frame(shape, _all_variables(shape.vars)))
            elif self._with_libraries and self._spend(_kind_of(shape.module, shape.function)):
                kept.append(_frame(shape, _telling_variables(shape.vars)))
            if len(kept) == MAX_FRAMES:
                break
        return tuple(reversed(kept))

    def _spend(self, kind: str | None) -> bool:
        if kind is None or not self._left[kind]:
            return False
        self._left[kind] -= 1
        return True


def _has_own(stack: Stack) -> bool:
    return any(shape is not None and _is_own(shape) for shape in stack)


def _is_own(shape: FrameShape) -> bool:
    """Not said to be a library's: the SDK leaves `in_app` out of what lies outside its root."""
    return shape.in_app is not False and shape.in_app_camel is not False


def _kind_of(module: Any, function: Any) -> str | None:
    if not isinstance(module, str) or not isinstance(function, str):
        return None
    return _named(module, function) if len(module) + len(function) < 300 else None


@lru_cache(maxsize=4096)
def _named(module: str, function: str) -> str | None:
    if _DRIVER_MODULE.fullmatch(module) and _RUNS_STATEMENT.search(function):
        return _DRIVER
    if _FRAMEWORK_MODULE.fullmatch(module) and _RUNS_ENDPOINT.fullmatch(function):
        return _FRAMEWORK
    return None


def _frame(shape: FrameShape, variables: dict[str, Any]) -> Frame:
    in_app = shape.in_app is True or shape.in_app_camel is True
    return Frame(as_word(shape.function), as_word(shape.module), in_app, variables)


def _all_variables(raw: Raw) -> dict[str, Any]:
    return {} if _too_large(raw) else mapping_of(raw)


def _telling_variables(raw: Raw) -> dict[str, Any]:
    if raw is NOTHING or _too_large(raw):
        return {}
    try:
        found = msgspec.structs.asdict(_TELLING.decode(raw))
    except UNREADABLE:
        every = mapping_of(raw)
        found = {name: every.get(name) for name in TellingVariables.__struct_fields__}
    return {name: tidy(value) for name, value in found.items() if value is not None}


def _too_large(raw: Raw) -> bool:
    return len(memoryview(raw)) > MAX_VARIABLES_BYTES
