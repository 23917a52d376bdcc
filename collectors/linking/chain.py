"""Every place in an Event that can tell of a unique violation, joined into one ViolatedKey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from collectors.linking import hidden
from collectors.linking.appended import head
from collectors.linking.attempts import side_by_side
from collectors.linking.driver import TELLING, DriverError, driver_errors, driver_key
from collectors.linking.message import read_message
from collectors.linking.names import field_word
from collectors.linking.other import is_upstream, other_engine, other_refusal
from collectors.linking.phrases import is_index_build, is_unique_type, may_tell_of_one, names_one
from collectors.linking.statement import read_statement
from collectors.model import Event, ExceptionValue, ValueSource, ViolatedKey

_MOST_TEXTS = 20
_MOST_FRAMES = 60
_MOST_NODES = 400
_OF_A_JOB = frozenset(
    {
        *("attempts", "attemptsmade", "failedat", "jid", "lockedat", "maxattempts"),
        *("retrycount", "runat"),
    }
)
_OF_BEFORE = frozenset({"error", "errorclass", "errormessage", "failedreason", "lasterror"})
"""Sidekiq's, Delayed Job's and BullMQ's names."""

_GIVEN = frozenset({"query", "sql", "statement", "parameters", "params", "bindings"})
"""What was sent to the database: a text in it may be anybody's."""


class _Otherwise:
    """Here the texts tell of another refusal than that of a unique key."""


_OTHERWISE: Final = _Otherwise()


def read_chain(event: Event, drivers: Sequence[DriverError]) -> ViolatedKey | None:
    """The key that the Event's database refused, None if it tells of no unique violation."""
    told = _told(event)
    if told is None:
        return None
    keys = [key for key in map(driver_key, drivers) if key is not None]
    keys += told
    if not keys:
        keys = list(_typed(event, drivers))
    if keys and not any(map(_says_more, keys)) and _of_another_engine(event):
        return None
    if keys and all(key.source is not ValueSource.DETAIL for key in keys) and _retells(event):
        return None
    if keys and not any(key.splits for key in keys):
        found = (driver_key(error) for error in _frame_errors(event))
        keys = [*(key for key in found if key is not None), *keys]
    return _joined(keys) if keys else None


def structured(event: Event) -> list[DriverError]:
    """The driver objects in the Event's contexts and extra, and in its exceptions' own fields.

    Of those a code alone is nobody's: PHP's SDK sends every exception's, whatever it counts.
    """
    own = [found for error in event.exceptions for found in driver_errors(error.data)]
    named = [error for error in own if error.constraint or error.detail]
    return [*driver_errors(event.contexts), *driver_errors(event.extra), *named]


def _told(event: Event) -> list[ViolatedKey] | None:
    """What the texts say: the outermost exception first, because that one failed the request.

    Nothing is read beyond the first text that says it all: the others only repeat it. None where a
    database refused something else in the end: what was violated before had been handled.
    """
    keys: list[ViolatedKey] = []
    for key in _readings(event):
        if isinstance(key, _Otherwise):
            return keys or None
        if key is not None:
            keys.append(key)
            if key.splits and key.constraint:
                break
    return keys


def _readings(event: Event) -> Iterator[ViolatedKey | _Otherwise | None]:
    siblings = side_by_side(event.exceptions)
    told = {(error.value, is_unique_type(error.type)): error for error in event.exceptions[::-1]}
    for (text, unique), error in told.items():
        key = read_message(text, unique=unique)
        if key is not None and _is_told_by_another(key, error):
            key = None
        yield key
        if key is None and not siblings and _refused_otherwise(error):
            yield _OTHERWISE
    if event.message:
        yield read_message(event.message, wrapped=True)
    if not any(map(is_upstream, event.exceptions)):
        yield from map(read_message, _loose_texts(event))


def _is_told_by_another(key: ViolatedKey, error: ExceptionValue) -> bool:
    """Another service says in words of its own that it has such a customer already."""
    return key.constraint is None and is_upstream(error) and not names_one(error.value)


def _refused_otherwise(error: ExceptionValue) -> bool:
    text = f"{error.type}: {error.value}"
    return not is_unique_type(error.type) and other_refusal(text) is not None


def _loose_texts(event: Event) -> Iterator[str]:
    """Plain texts in contexts and extra that may hold an error message."""
    parts = [event.contexts, event.extra]
    parts += [part for whole in parts for part in whole.values() if isinstance(part, Mapping)]
    texts = (text for part in parts for text in _of_now(part) if isinstance(text, str))
    telling = islice(filter(may_tell_of_one, texts), _MOST_TEXTS)
    return (text for text in telling if not _is_statement(text))


def _is_statement(text: str) -> bool:
    """It is one, with its values in it and no error behind it, as Knex has one."""
    return head(text) is None and read_statement(text) is not None


def _of_now(part: Mapping[str, object]) -> Iterator[object]:
    """Its values, but for the statement's and, in a job, why an earlier attempt of it failed."""
    names = {name: field_word(name) for name in islice(part, _MOST_NODES)}
    is_job = not _OF_A_JOB.isdisjoint(names.values())
    others = _GIVEN | _OF_BEFORE if is_job else _GIVEN
    return (part[name] for name, word in names.items() if word not in others)


def _typed(event: Event, drivers: Sequence[DriverError]) -> Iterator[ViolatedKey]:
    """Exceptions whose class alone says so: the text was scrubbed, or the library has its own.

    An object that the library attaches may still name the constraint.
    """
    every = "\n".join(f"{error.type}: {error.value}" for error in event.exceptions)
    if is_index_build(every) or other_engine(every) is not None:
        return
    named = next((error for error in drivers if error.constraint), DriverError())
    for error in event.exceptions:
        if is_unique_type(error.type):
            yield ViolatedKey(
                constraint=named.constraint,
                schema=named.schema,
                table=named.table,
                doubt=hidden.absence(error.value),
            )


def _says_more(key: ViolatedKey) -> bool:
    """It tells more than that some key was violated."""
    return bool(key.constraint or key.columns or key.splits)


def _of_another_engine(event: Event) -> bool:
    """Libraries for several engines have one class for all: what they attach tells the engine."""
    return other_engine("\n".join(_texts(event.contexts, event.extra))) is not None


def _retells(event: Event) -> bool:
    """An exception is another engine's own, and none is PostgreSQL's: a library retells that one.

    Spring's `could not execute statement; constraint [uk_…]` is the same for all of them.
    """
    texts = [f"{error.type}: {error.value}" for error in event.exceptions]
    if any(map(names_one, texts)):
        return False
    return any(other_engine(text) is not None for text in texts)


def _texts(*values: object) -> Iterator[str]:
    """The texts in decoded JSON values, outermost first."""
    queue = list(values)
    for node in islice(queue, _MOST_NODES):
        if isinstance(node, str):
            yield node
        elif isinstance(node, Mapping):
            queue += islice(node.values(), _MOST_NODES)
        elif isinstance(node, list):
            queue += node[:_MOST_NODES]


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
