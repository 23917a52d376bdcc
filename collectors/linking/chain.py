"""Every place in an Event that can tell of a unique violation, joined into one ViolatedKey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from collectors.linking import hidden
from collectors.linking.driver import TELLING, DriverError, driver_errors, driver_key
from collectors.linking.message import read_message
from collectors.linking.other import other_engine
from collectors.linking.phrases import is_index_build, is_unique_type, may_tell_of_one
from collectors.model import Event, ExceptionValue, ValueSource, ViolatedKey

_MOST_TEXTS = 20
_MOST_FRAMES = 60


def read_chain(event: Event, drivers: Sequence[DriverError]) -> ViolatedKey | None:
    """The key that the Event's database refused, None if it tells of no unique violation."""
    keys = [key for key in map(driver_key, drivers) if key is not None]
    keys += _told(event)
    if not keys:
        keys = list(_typed(event))
    if keys and not any(key.splits for key in keys):
        found = (driver_key(error) for error in _frame_errors(event))
        keys = [*(key for key in found if key is not None), *keys]
    return _joined(keys) if keys else None


def structured(event: Event) -> list[DriverError]:
    """The driver objects in the Event's contexts and extra."""
    return [*driver_errors(event.contexts), *driver_errors(event.extra)]


def _told(event: Event) -> list[ViolatedKey]:
    """What the texts say: the outermost exception first, because that one failed the request.

    Nothing is read beyond the first text that says it all: the others only repeat it.
    """
    keys: list[ViolatedKey] = []
    for key in _readings(event):
        if key is not None:
            keys.append(key)
            if key.splits and key.constraint:
                break
    return keys


def _readings(event: Event) -> Iterator[ViolatedKey | None]:
    texts = [error.value for error in reversed(event.exceptions)]
    yield from map(read_message, dict.fromkeys(texts))
    if event.message:
        yield read_message(event.message, wrapped=True)
    yield from map(read_message, _loose_texts(event))


def _loose_texts(event: Event) -> Iterator[str]:
    """Plain texts in contexts and extra that may hold an error message."""
    parts = [event.contexts, event.extra]
    parts += [part for whole in parts for part in whole.values() if isinstance(part, Mapping)]
    texts = (text for part in parts for text in part.values() if isinstance(text, str))
    return islice(filter(may_tell_of_one, texts), _MOST_TEXTS)


def _typed(event: Event) -> Iterator[ViolatedKey]:
    """Exceptions whose class alone says so: the text was scrubbed, or the library has its own."""
    every = "\n".join(f"{error.type}: {error.value}" for error in event.exceptions)
    if is_index_build(every) or other_engine(every) is not None:
        return
    for error in event.exceptions:
        if is_unique_type(error.type):
            yield ViolatedKey(doubt=_absence(error))


def _absence(error: ExceptionValue) -> str:
    return hidden.absence(error.value)


def _frame_errors(event: Event) -> Iterator[DriverError]:
    """Driver objects that frame variables hold."""
    frames = (frame for error in event.exceptions for frame in reversed(error.frames))
    for frame in islice(frames, _MOST_FRAMES):
        values = frame.variables.values()
        objects = [value for value in values if isinstance(value, dict)]
        if not TELLING.isdisjoint(frame.variables):
            objects.append(dict(frame.variables))
        for value in objects:
            yield from driver_errors(value, reprs=True)


def _joined(keys: Sequence[ViolatedKey]) -> ViolatedKey:
    """One key out of what several places say of it; a place that names another key is left out."""
    constraint = next((key.constraint for key in keys if key.constraint), None)
    same = [key for key in keys if key.constraint in (None, constraint)]
    best = max(same, key=_grade)
    return replace(
        best,
        constraint=constraint,
        schema=next((key.schema for key in same if key.schema), None),
        table=next((key.table for key in same if key.table), None),
        columns=best.columns or next((key.columns for key in same if key.columns), ()),
    )


def _grade(key: ViolatedKey) -> tuple[bool, bool, bool, bool]:
    return (
        bool(key.splits) and key.source is ValueSource.DETAIL,
        bool(key.splits),
        bool(key.columns),
        key.doubt != hidden.ABSENT,
    )
