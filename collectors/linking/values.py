"""Where the message gives no values, and for the other keys of the same insert: other sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice

from collectors.linking import hidden
from collectors.linking.agreement import contradict, folded
from collectors.linking.appended import tails
from collectors.linking.attached import from_attached
from collectors.linking.attempts import last_attempt, last_traceback, side_by_side
from collectors.linking.binding import bind, is_parameter, is_short, made_of_one, wrote_several
from collectors.linking.bodies import from_request
from collectors.linking.driver import DriverError, driver_key
from collectors.linking.entities import subject_of
from collectors.linking.escapes import readings
from collectors.linking.focus import focused
from collectors.linking.frames import from_frames, statements
from collectors.linking.itemized import is_beginning
from collectors.linking.leaves import chosen, covers
from collectors.linking.literals import Tree, Unknown, Value
from collectors.linking.names import bare, columns_in
from collectors.linking.nearer import refuted
from collectors.linking.other import other_refusal
from collectors.linking.phrases import is_unique_type, names_one
from collectors.linking.sent import sent
from collectors.linking.several import part_about
from collectors.linking.statement import Fields, Statement, read_statement
from collectors.model import Event, ExceptionValue, ValueSource, ViolatedKey

_PRISMA = re.compile(r"Invalid `[^`\n]{0,300}?\b([\w$]{1,100})\.\w{1,40}\(\)` invocation")
_PRISMA_MODEL = re.compile(r"\bmodelName[\"']?\s?:\s?[\"'](\w{1,63})[\"']")
_PRISMA_MANY = re.compile(r"Invalid `[^`\n]{0,300}\.(?:create|update|upsert)Many\w{0,20}\(")
"""The call itself: below it stand the lines of code before it, with other calls."""
_MANY = re.compile(
    r"bulk_?(?:create|insert|save)\w{0,40}|(?:create|insert|upsert)_?many(?:_?async|AndReturn)?"
    r"|(?:insert|upsert)_all!?",
    re.IGNORECASE,
)
_BATCH = re.compile(r"\bBatch entry [1-9]\d{0,6} ")
_MOST_FRAMES = 100


@dataclass(frozen=True, slots=True)
class Written:
    """The failed statement as far as the Event quotes it, and the values it wrote.

    `again` says why what was sent may be of another write: this one had failed before, or another
    beside it. `short` if the text was cut before it had told all of them.
    """

    statement: Statement | None = None
    fields: Fields = field(default_factory=dict)
    several: bool = False
    again: str | None = None
    short: bool = False


def about(event: Event, key: ViolatedKey) -> Event:
    """The Event without the exceptions that tell of something else than `key`, or an earlier try.

    One that was raised while the other was handled quotes its own statement, and its frames hold
    its own variables.
    """
    tried = last_attempt(event.exceptions)
    kept = tuple(error for error in tried if _is_about(error, key))
    return event if len(kept) == len(event.exceptions) else replace(event, exceptions=kept)


def tried_before(event: Event, key: ViolatedKey) -> str | None:
    """Why what was sent may be of another write: an earlier try, or one beside it, met the key."""
    before = len(event.exceptions) - len(last_attempt(event.exceptions))
    if not any(_is_about(error, key) for error in event.exceptions[:before]):
        return None
    return hidden.TOGETHER if side_by_side(event.exceptions) else hidden.AGAIN


def _is_about(error: ExceptionValue, key: ViolatedKey) -> bool:
    if names_one(error.value):
        return key.constraint is None or key.constraint in error.value
    return is_unique_type(error.type) or other_refusal(f"{error.type}: {error.value}") is None


def written(
    event: Event, drivers: Sequence[DriverError], *, key: ViolatedKey | None = None
) -> Written:
    """The failed statement: the first that is quoted, its values where they can be read.

    The same statement may be quoted with its values elsewhere; another one is somebody else's, and
    where the first wrote several rows nothing tells which of them failed. Of a `key` whose values
    are not printed the variables of frames are asked as well.
    """
    found = Written()
    for candidate in _quoted(event, _about(drivers, key), key):
        if found.statement is None:
            found = candidate
        if not _write_alike(candidate.statement, found.statement):
            continue
        if candidate.fields or candidate.several:
            return candidate
    return replace(found, several=True) if _calls_for_several(event) else found


def _calls_for_several(event: Event) -> bool:
    """A library's call that writes any number of rows: in a text of Prisma's, or on the stack.

    JDBC counts a batch's statements from 0: a first one may well be the only one.
    """
    for text in (*(error.value for error in event.exceptions), event.message or ""):
        if "Many" in text and _PRISMA_MANY.search(text):
            return True
        if "Batch entry" in text and _BATCH.search(text):
            return True
    frames = (frame for error in event.exceptions for frame in islice(error.frames, _MOST_FRAMES))
    return any(frame.function and _writes_many(frame.function) for frame in frames)


@lru_cache(maxsize=4096)
def _writes_many(function: str) -> bool:
    return _MANY.fullmatch(function[:200].rsplit(".", 1)[-1]) is not None


def _with_frames(key: ViolatedKey | None) -> bool:
    return key is not None and not key.splits


def _about(drivers: Sequence[DriverError], key: ViolatedKey | None) -> Sequence[DriverError]:
    if key is None:
        return drivers
    return [error for error in drivers if error.code is None or driver_key(error) is not None]


def _write_alike(one: Statement | None, other: Statement | None) -> bool:
    return one is not None and other is not None and _target(one) == _target(other)


def _target(statement: Statement) -> tuple[str, str | None]:
    return statement.verb, statement.table


def _quoted(
    event: Event, drivers: Sequence[DriverError], key: ViolatedKey | None
) -> Iterator[Written]:
    yield from _given(error for error in drivers if not error.wraps)
    told = list(_told(event, key))
    for wrapped in _given(error for error in drivers if error.wraps):
        if any(_write_alike(wrapped.statement, one.statement) for one in told):
            yield wrapped
    yield from told
    if _with_frames(key):
        yield from (Written(*found) for found in statements(event))


def _given(drivers: Iterable[DriverError]) -> Iterator[Written]:
    for error in drivers:
        statement = read_statement(error.query) if error.query else None
        if statement is not None:
            yield _wrote(statement, error.parameters)


def _told(event: Event, key: ViolatedKey | None) -> Iterator[Written]:
    texts = [error.value for error in reversed(event.exceptions)]
    for text in dict.fromkeys([*texts, event.message or ""]):
        reading = next(readings(focused(last_traceback(text))))
        for statement, tree in tails(reading if key is None else part_about(reading, key)):
            yield _wrote(statement, tree)


def _wrote(statement: Statement, tree: Tree) -> Written:
    several, short = wrote_several(statement, tree), is_short(statement, tree)
    return Written(statement, bind(statement, tree), several, short=short)


def with_fields(key: ViolatedKey, event: Event, wrote: Written) -> ViolatedKey:
    """`key` with the values known by column name, from the best sources that have them.

    Where DETAIL gave the key's own values, they serve to look up the other keys of the same row.
    """
    key = _with_table(key, wrote.statement)
    if key.table is None and key.constraint is None:
        key = replace(key, table=_model(event))
    if key.source is ValueSource.MESSAGE and _is_cut_short(key, event):
        key = replace(key, splits=(), source=None, doubt=hidden.CUT)
    if key.splits:
        alone = wrote.statement is None and not (wrote.several or wrote.again)
        others = from_request(event, (), subject_of(key)) if alone else chosen(wrote.fields, ())
        return replace(key, fields=tuple(others.items()))
    wanted = tuple(dict.fromkeys(name for part in key.columns for name in columns_in(part)))
    fields, source = _gathered(key, event, wrote, wanted)
    doubt = None if wanted and covers(fields, wanted) else _doubt(key, wrote)
    return replace(key, fields=tuple(fields.items()), source=source, doubt=doubt)


def _is_cut_short(key: ViolatedKey, event: Event) -> bool:
    """The body has a longer value for a column than a library found in DETAIL.

    Sequelize cuts at every comma and at a closing bracket: `O'Brien` of `O'Brien, Ltd.`, and
    somebody may well be called that.
    """
    names = {place: columns_in(column) for place, column in enumerate(key.columns)}
    sent = from_request(event, [n for each in names.values() for n in each], subject_of(key))
    return any(
        value is not None and is_beginning(value, filter(None, map(sent.get, names.get(place, ()))))
        for split in key.splits
        for place, value in enumerate(split)
    )


def _doubt(key: ViolatedKey, wrote: Written) -> str:
    if wrote.several:
        return hidden.SEVERAL
    return wrote.again or key.doubt or hidden.ABSENT


def _with_table(key: ViolatedKey, statement: Statement | None) -> ViolatedKey:
    """`key` with the table that the statement writes into, which the fields are of.

    The database itself may name another one: a partition, or a table that a trigger writes into.
    """
    if statement is None or (key.table is not None and not _is_of_another(key, statement)):
        return key
    # Its schema goes with the table: it may be that of a view before the table.
    qualified = statement.schema is not None and key.schema is None
    return replace(
        key, table=f"{statement.schema}.{statement.table}" if qualified else statement.table
    )


def _model(event: Event) -> str | None:
    """The model that Prisma was called for, which names its table or sounds like it."""
    texts = [*(error.value for error in event.exceptions), event.message or ""]
    found = [_PRISMA.search(text) for text in texts if "` invocation" in text]
    found += [_PRISMA_MODEL.search(text) for text in texts if "modelName" in text]
    match = next(filter(None, found), None)
    return match[1] if match else None


def _is_of_another(key: ViolatedKey, statement: Statement) -> bool:
    """The statement writes into another table than that of the named key."""
    named = key.constraint is not None and key.table is not None and statement.table is not None
    return named and bare(str(key.table)) != statement.table


def _constants(wrote: Written) -> set[str]:
    """The columns whose values stand in the statement itself."""
    cells = wrote.statement.cells if wrote.statement else ()
    return {column for column, cell in cells if not is_parameter(cell)}


def _gathered(
    key: ViolatedKey, event: Event, wrote: Written, wanted: Sequence[str]
) -> tuple[Fields, ValueSource | None]:
    """Values of the key's columns, and the weakest source that had to be asked.

    Where the columns are not known, the parameters of an INSERT are all there is to know, but for
    what it makes of one, as `lower($1)`; a frame and the body may each hold just a part of the key.
    """
    fields: dict[str, Value] = dict(key.fields)
    source = ValueSource.DETAIL if fields and key.columns else None
    subject = subject_of(key)
    sources: tuple[tuple[ValueSource, Callable[[], Mapping[str, Value]]], ...] = (
        (ValueSource.PARAMETERS, lambda: chosen(wrote.fields, ())),
        (ValueSource.FRAME, lambda: from_frames(event, wanted, subject)),
        (ValueSource.REQUEST, lambda: from_request(event, wanted, subject)),
        (ValueSource.ATTACHED, lambda: from_attached(event, wanted, subject)),
    )
    given = sent(event)
    most = 0 if wrote.several else 1 if wrote.again else len(sources)
    made = made_of_one(wrote.statement) if wrote.statement else frozenset()
    whole = False
    for place, read in sources[:most]:
        whole = whole or (source is ValueSource.PARAMETERS and not wanted and not wrote.short)
        enough = covers(fields, made) if whole else bool(wanted) and covers(fields, wanted)
        if enough:
            break
        told = read()
        new = {name: value for name, value in told.items() if name not in fields}
        if whole:
            new = chosen(new, tuple(made))
        if given is not None:
            kept = _constants(wrote) if place is ValueSource.PARAMETERS else ()
            new = {n: value for n, value in new.items() if n in kept or folded(value) in given}
        if place is not ValueSource.PARAMETERS:
            new = {} if contradict(fields, told) else refuted(event, new, subject, given)
        if new:
            fields |= new
            source = place
    return {name: v for name, v in fields.items() if not isinstance(v, Unknown)}, source
