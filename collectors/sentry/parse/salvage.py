"""A Struct out of JSON that does not quite have its shape: what fits is kept, the rest is named.

The fast decoder fails as a whole when one field has the wrong type. This slow path is taken only
then, and builds the same Structs, so that whatever reads them need not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

import msgspec

S = TypeVar("S", bound=msgspec.Struct)

_UNFIT = object()


def salvage(shape: type[S], plain: Mapping[str, Any], lost: list[str]) -> S:
    """A `shape` from the fields of `plain` that fit; the names of those that do not go to `lost`.

    `plain` must be tidy: of bounded depth, and encodable.
    """
    values: dict[str, Any] = {}
    for name, key, choices in _fields(shape):
        if plain.get(key) is None:
            continue
        fitted = _fit(choices, plain[key], lost)
        if fitted is _UNFIT:
            lost.append(key)
        else:
            values[name] = fitted
    return shape(**values)


@cache
def _fields(shape: type[msgspec.Struct]) -> tuple[tuple[str, str, tuple[Any, ...]], ...]:
    return tuple(
        (field.name, field.encode_name, _choices(field.type))
        for field in msgspec.structs.fields(shape)
    )


def _choices(annotation: Any) -> tuple[Any, ...]:
    """The members of a union; a type that is none is its own only choice."""
    if get_origin(annotation) in (list, None):
        return (annotation,)
    return get_args(annotation)


def _fit(choices: tuple[Any, ...], value: Any, lost: list[str]) -> Any:
    for choice in choices:
        if choice is Any:
            return value
        if choice is msgspec.Raw:
            return msgspec.Raw(msgspec.json.encode(value))
        if get_origin(choice) is list and isinstance(value, list):
            return _fit_items(_choices(get_args(choice)[0]), value, lost)
        if _is_struct(choice) and isinstance(value, dict):
            return salvage(choice, value, lost)
    return _UNFIT


def _fit_items(choices: tuple[Any, ...], items: list[Any], lost: list[str]) -> list[Any]:
    fitted = [_fit(choices, item, lost) for item in items if item is not None]
    return [item for item in fitted if item is not _UNFIT]


def _is_struct(choice: Any) -> bool:
    return isinstance(choice, type) and issubclass(choice, msgspec.Struct)
