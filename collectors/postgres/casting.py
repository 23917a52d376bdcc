"""Values that do not fit, kept from spoiling the batch they came in.

Text that PostgreSQL cannot even be sent is sorted out first. What it cannot read as the key's type
is found by halving a refused batch, each try in a savepoint (`pg_input_is_valid` came with 16). The
reasons name the column and the type, never the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from collectors.model import KeyPart, KeyValues
from collectors.postgres.outage import StatementFailed
from collectors.postgres.snapshot import Question, Rows, Snapshot
from collectors.postgres.statements import cast_only

Item = TypeVar("Item")

PRINTED_AS_NULL = frozenset({"text", "character varying", "bpchar", "name", "citext", "jsonb"})
"""Types of which some value prints as `null`, like NULL itself."""


def unsendable(values: Iterable[str | None]) -> str | None:
    """Why PostgreSQL cannot hold such a text at all; of many values, why one of them cannot."""
    text = "".join(filter(None, values))
    if "\x00" in text:
        return "a value contains a NUL character, which PostgreSQL cannot hold"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "a value is not valid Unicode"
    return None


def text_array(values: Sequence[str | None]) -> str:
    r"""A `text[]` as PostgreSQL reads one; psycopg's own way of writing it takes ten times longer.

    No value may be `unsendable`: a NUL is what stands between them while they are escaped.

    >>> print(text_array(['a "b"', None, "NULL", "c\\"]), text_array([""]), text_array([]))
    {"a \"b\"",NULL,"NULL","c\\"} {""} {}
    """
    texts = [value for value in values if value is not None]
    if len(texts) < len(values):
        return "{" + ",".join("NULL" if v is None else _quoted([v]) for v in values) + "}"
    return "{" + _quoted(texts) + "}" if texts else "{}"


def _quoted(values: Sequence[str]) -> str:
    text = "\0".join(values).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text.replace("\0", '","') + '"'


def readings(parts: Sequence[KeyPart], values: KeyValues, nulls_distinct: bool) -> list[KeyValues]:
    """Every way to read values as a message printed them, for a key that conflicted.

    A printed `null` is NULL or the text "null". Where NULLs are distinct, a row with a NULL
    conflicts with nothing, so it must have been the text.

    >>> part = KeyPart("a", ("a",), "text", nullable=True)
    >>> readings([part], (None,), nulls_distinct=False)
    [(None,), ('null',)]
    """
    if None not in values:
        return [values]
    ways: list[KeyValues] = [()]
    for part, value in zip(parts, values, strict=True):
        options = [value] if value is not None else _of_null(part, nulls_distinct)
        ways = [(*way, option) for way in ways for option in options]
    return ways


def _of_null(part: KeyPart, nulls_distinct: bool) -> list[str | None]:
    as_null: list[str | None] = [None] if part.nullable and not nulls_distinct else []
    unqualified = part.type.rpartition(".")[2]
    return [*as_null, "null"] if unqualified in PRINTED_AS_NULL else as_null


def in_turn(
    snapshot: Snapshot,
    batches: Sequence[Sequence[Item]],
    question: Callable[[Sequence[Item]], Question],
    refuse: Callable[[Item, StatementFailed], None],
) -> Iterator[tuple[Sequence[Item], Rows]]:
    """Ask about every batch; the server finds the next while one's rows are taken in.

    Where a value spoils a batch, that one and those after it are asked `in_halves`.
    """
    answered = 0
    if len(batches) > 1:
        try:
            for rows in snapshot.attempt_in_turn([question(batch) for batch in batches]):
                answered += 1
                yield batches[answered - 1], rows
        except StatementFailed as failure:
            if not failure.blames_a_value:
                raise
    for batch in batches[answered:]:
        yield from in_halves(snapshot, batch, question, refuse)


def in_halves(
    snapshot: Snapshot,
    items: Sequence[Item],
    question: Callable[[Sequence[Item]], Question],
    refuse: Callable[[Item, StatementFailed], None],
) -> list[tuple[Sequence[Item], Rows]]:
    """Ask about all items at once; what fails because of a value is asked again in halves.

    Rows come back with the items they answer, for they know no more than their place among them.
    `refuse` gets each item that fails by itself. Raises StatementFailed where no value is to blame.
    """
    try:
        (rows,) = snapshot.attempt_each(question(items))
    except StatementFailed as failure:
        if not failure.blames_a_value:
            raise
        if len(items) == 1:
            refuse(items[0], failure)
            return []
    else:
        return [(items, rows)]
    middle = len(items) // 2
    return [
        *in_halves(snapshot, items[:middle], question, refuse),
        *in_halves(snapshot, items[middle:], question, refuse),
    ]


def uncastable(
    snapshot: Snapshot, names: Sequence[str], types: Sequence[str], values: KeyValues
) -> str | None:
    """Which of one look-up's values cannot be read as its type; None if all can."""
    for name, type_, value in zip(names, types, values, strict=True):
        try:
            snapshot.attempt_each((cast_only(type_), value))
        except StatementFailed as failure:
            if not failure.blames_a_value:
                raise
            return f"the value of {name} is not a valid {type_}"
    return None
