"""Which column of a unique key a deleted row can give up: pure, from the catalog alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import wraps
from operator import is_
from typing import ParamSpec, TypeVar

from collectors.model.catalog import Column, ForeignKey, SoftDeleteMarker, Table
from collectors.model.keys import UniqueKey, input_columns
from collectors.model.mark_names import is_called_a_mark
from collectors.model.sql_text import LITERAL, folded, named_in

_OWNER = re.compile(
    r"(organi[sz]ation|org|tenant|account|workspace|team|shop|store|site|project|company|merchant"
    r"|customer|user|owner|parent)(id|uuid|guid)?"
)
"""What a column is called that says whose row it is, without its underscores."""

_SORT = re.compile(
    r".*(type|kind|class|category|provider|locale|lang|language|country|currency|region|scope|role"
    r"|env|environment)"
)
"""And one that says of which sort the row is: one of a few words, which the application knows."""

ANSWERS_NULL = re.compile(
    r"\b(coalesce|case|greatest|least|concat|concat_ws|format|num_nulls|num_nonnulls|row|array)\b"
    r"|\bIS\b|jsonb?_build",
    re.IGNORECASE,
)
"""What may give a value for NULL; every other operator and function is taken as strict."""

_ONE_VALUE = frozenset("SNDBE")
"""Type categories whose values are of one piece: texts, numbers, times, booleans, enums."""


P = ParamSpec("P")
T = TypeVar("T")


def _known_for_the_same(function: Callable[P, T]) -> Callable[P, T]:
    """Answers at once while it is asked about the very objects that it was asked about last.

    A bulk asks for row after row of one table. By identity, for to hash a table takes longer than
    the answer.
    """
    newest: list[tuple[tuple[object, ...], T]] = []

    @wraps(function)
    def asked(*given: P.args, **named: P.kwargs) -> T:
        about = (*given, *named.values())
        for last, answer in newest:
            if len(last) == len(about) and all(map(is_, last, about)):
                return answer
        answer = function(*given, **named)
        newest[:] = [(about, answer)]
        return answer

    return asked


@_known_for_the_same
def releasable_columns(
    table: Table, key: UniqueKey, foreign_keys: Sequence[ForeignKey]
) -> tuple[Column, ...]:
    """The key's columns that may be changed, those with a place to keep the value first.

    Then the last ones: a key begins with whose row it is, and ends with what people ask for; a
    state (a boolean, an enum) or the row's sort is not asked for. Where no foreign key says whose
    it is, its name does, and so does `owner_type` beside `owner_id`. What a row may go without
    (`COALESCE(domain, '')`) comes last: empty it says something too. A document, of which the key
    reads one member, would be lost with all its others.
    """
    fixed = identifying_columns(table, foreign_keys)
    found = [table.column(name) for name in input_columns(key) if name not in fixed]
    usable = [
        column
        for column in reversed(found)
        if column is not None and not column.generated and _is_the_keys(column, key)
    ]
    others = {folded(column.name) for column in table.columns}
    free = [
        column
        for column in usable
        if not names_an_owner(column.name) and not _tells_whose_sort(column.name, others)
    ]
    free = [column for column in free if column.category not in "BE"] or free
    free = [column for column in free if _is_asked_for(column)] or free
    free = free or [column for column in usable if column.category == "S"][:1]
    return tuple(
        sorted(
            free, key=lambda one: (one.name not in table.kept_in, has_value_for_null(one.name, key))
        )
    )


def identifying_columns(table: Table, foreign_keys: Sequence[ForeignKey]) -> set[str]:
    """The columns that say which row it is, whose it is, and whether it is deleted.

    Where the database computes one of these, what it is computed from says it.
    """
    here = (table.schema, table.name)
    names = {*table.primary_key, *filter(None, (table.organization,))}
    names.update(marker.column for marker in (*table.markers, table.marker) if marker)
    names.update(one.name for one in table.columns if is_called_a_mark(one.name))
    for fk in foreign_keys:
        names.update(fk.columns if (fk.schema, fk.table) == here else ())
        names.update(fk.to_columns if (fk.to_schema, fk.to_table) == here else ())
    computed = (table.column(name) for name in tuple(names))
    for column in computed:
        names.update(columns_read(table, (column and column.computed) or ""))
    return names


def marks_of(key: UniqueKey, table: Table) -> tuple[SoftDeleteMarker, ...]:
    """The table's marks of deletion that the key goes by."""
    read = {*named_in(key.predicate or ""), *input_columns(key)}
    return tuple(marker for marker in table.markers if marker.column in read)


def keys_reading(table: Table, columns: set[str]) -> tuple[UniqueKey, ...]:
    """The unique keys that read any of these columns."""
    return tuple(key for key in table.keys if not key.primary and columns & {*input_columns(key)})


def null_frees(table: Table, column: Column) -> bool:
    """Whether NULL in this column lets go of every unique key that reads it."""
    return all(_lets_nulls_repeat(key, column.name) for key in keys_reading(table, {column.name}))


def null_enters_another(table: Table, key: UniqueKey, column: Column) -> bool:
    """With NULL in it a deleted row may come into a key that it is not in, by that one's predicate.

    `(shop, email) WHERE external_id IS NULL` counts the row once it has no external ID.
    """
    return any(
        other.counts_deleted
        and column.name in columns_read(table, other.predicate)
        and f"{column.name} IS NOT NULL" not in other.predicate
        and ANSWERS_NULL.search(LITERAL.sub("''", other.predicate)) is not None
        for other in table.keys
        if other.predicate and other.name != key.name
    )


def null_may_break_a_check(table: Table, column: Column) -> bool:
    """A CHECK asks whether this column is NULL, and goes by others as well.

    `kind <> 'set' OR value IS NOT NULL`: another value does not change its answer.
    """
    return any(
        column.name in (read := columns_read(table, check))
        and len(read) > 1
        and ANSWERS_NULL.search(LITERAL.sub("''", check)) is not None
        for check in table.checks
    )


def null_is_free(table: Table, key: UniqueKey, column: Column) -> bool:
    """Nothing that is known stands against emptying the column, and the row is out of the key."""
    return (
        column.takes_null
        and null_frees(table, column)
        and not null_enters_another(table, key, column)
        and not null_may_break_a_check(table, column)
    )


def columns_read(table: Table, condition: str) -> set[str]:
    """The table's columns that a condition names.

    >>> columns = (Column("email", "text", False), Column('"Kind"', "text", False))
    >>> table = Table("public", "people", columns, ())
    >>> sorted(columns_read(table, 'lower(Email) IS NULL AND "Kind" = 1'))
    ['"Kind"', 'email']
    """
    return {column.name for column in table.columns} & named_in(condition)


def _is_the_keys(column: Column, key: UniqueKey) -> bool:
    """The key is of the whole value: it indexes the column as it is, or the value has no parts."""
    plain = any(part.is_column for part in key.parts if column.name in part.columns)
    return plain or column.category in _ONE_VALUE or column.type in ("uuid", "bytea")


def names_an_owner(column: str) -> bool:
    """By its name, the column says whose row it is: `organization_id`, `"tenantId"`."""
    return bool(_OWNER.fullmatch(folded(column)))


def _tells_whose_sort(column: str, others: Collection[str]) -> bool:
    """`owner_type` beside `owner_id`: together they are a foreign key to one of several tables."""
    name = folded(column)
    return name.endswith("type") and f"{name.removesuffix('type')}id" in others


def _is_asked_for(column: Column) -> bool:
    """A value that can be taken away, and that does not say of which sort the row is."""
    can_go = column.takes_null or column.category == "S"
    return can_go and not _SORT.fullmatch(folded(column.name))


def _lets_nulls_repeat(key: UniqueKey, column: str) -> bool:
    if f"{column} IS NOT NULL" in (key.predicate or ""):
        return True
    return key.nulls_distinct and not has_value_for_null(column, key)


def has_value_for_null(column: str, key: UniqueKey) -> bool:
    """The key has a value for a row that has none in this column."""
    reading = [part.expression for part in key.parts if column in part.columns]
    return any(ANSWERS_NULL.search(LITERAL.sub("''", one)) for one in reading)
