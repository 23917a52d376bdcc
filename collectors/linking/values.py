"""Where the message gives no values, and for the other keys of the same insert: other sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from collectors.linking import hidden
from collectors.linking.bodies import chosen, covers, from_request
from collectors.linking.driver import DriverError
from collectors.linking.escapes import readings
from collectors.linking.focus import focused
from collectors.linking.frames import from_frames, statements
from collectors.linking.names import columns_in
from collectors.linking.statement import (
    Fields,
    Statement,
    bind,
    read_statement,
    tails,
    wrote_several,
)
from collectors.model import Event, ValueSource, ViolatedKey


@dataclass(frozen=True, slots=True)
class Written:
    """The failed statement as far as the Event quotes it, and the values it wrote."""

    statement: Statement | None = None
    fields: Fields = field(default_factory=dict)
    several: bool = False


def written(event: Event, drivers: Sequence[DriverError], *, with_frames: bool) -> Written:
    """The first quoted statement whose values can be read, else the first one."""
    found = Written()
    for candidate in _quoted(event, drivers, with_frames=with_frames):
        if found.statement is None:
            found = candidate
        if candidate.fields:
            return candidate
    return found


def _quoted(
    event: Event, drivers: Sequence[DriverError], *, with_frames: bool
) -> Iterator[Written]:
    for error in drivers:
        statement = read_statement(error.query) if error.query else None
        if statement is not None:
            several = wrote_several(statement, error.parameters)
            yield Written(statement, bind(statement, error.parameters), several)
    texts = [error.value for error in reversed(event.exceptions)]
    for text in dict.fromkeys([*texts, event.message or ""]):
        for statement, tree in tails(next(readings(focused(text)))):
            yield Written(statement, bind(statement, tree), wrote_several(statement, tree))
    if with_frames:
        for statement, fields in statements(event):
            yield Written(statement, fields)


def with_fields(key: ViolatedKey, event: Event, wrote: Written) -> ViolatedKey:
    """`key` with the values known by column name, from the best sources that have them.

    Where DETAIL gave the key's own values, they serve to look up the other keys of the same row.
    """
    key = _with_table(key, wrote.statement)
    if key.splits:
        others = chosen(wrote.fields, ()) if wrote.statement else from_request(event, ())
        return replace(key, fields=tuple(others.items()))
    wanted = tuple(dict.fromkeys(name for part in key.columns for name in columns_in(part)))
    fields, source = _gathered(key, event, wrote, wanted)
    doubt = None if wanted and covers(fields, wanted) else _doubt(key, wrote)
    return replace(key, fields=tuple(fields.items()), source=source, doubt=doubt)


def _doubt(key: ViolatedKey, wrote: Written) -> str:
    if wrote.several:
        return hidden.SEVERAL
    return key.doubt or hidden.ABSENT


def _with_table(key: ViolatedKey, statement: Statement | None) -> ViolatedKey:
    if statement is None or key.table is not None:
        return key
    # Its schema goes with the table: it may be that of a view before the table.
    qualified = statement.schema is not None and key.schema is None
    return replace(
        key, table=f"{statement.schema}.{statement.table}" if qualified else statement.table
    )


def _gathered(
    key: ViolatedKey, event: Event, wrote: Written, wanted: Sequence[str]
) -> tuple[Fields, ValueSource | None]:
    """Values of the key's columns, and the weakest source that had to be asked.

    Where the columns are not known, the parameters of an INSERT are all there is to know; a frame
    and the body may each hold just a part of the key.
    """
    fields: Fields = dict(key.fields)
    source = ValueSource.DETAIL if fields else None
    sources: tuple[tuple[ValueSource, Callable[[], Fields]], ...] = (
        (ValueSource.PARAMETERS, lambda: chosen(wrote.fields, ())),
        (ValueSource.FRAME, lambda: from_frames(event, wanted)),
        (ValueSource.REQUEST, lambda: from_request(event, wanted)),
    )
    for place, read in () if wrote.several else sources:
        enough = covers(fields, wanted) if wanted else source is ValueSource.PARAMETERS
        if enough:
            break
        new = {name: value for name, value in read().items() if name not in fields}
        if new:
            fields |= new
            source = place
    return fields, source
