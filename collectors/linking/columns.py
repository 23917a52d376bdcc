"""Asking by column: values that an Event gives by name only (SQL parameters, a request body)."""

from __future__ import annotations

from collections.abc import Sequence

from collectors.linking.names import bare, fold
from collectors.model import KeyLookup, KeyPart, Table, UniqueKey, input_columns


def known_columns(table: Table, fields: Sequence[tuple[str, str | None]]) -> dict[str, str | None]:
    """The table's columns whose value the fields give, whatever their case style.

    A column for which two fields disagree is unknown, and so is one whose name another column
    shares but for its style, unless a field has it letter by letter.
    """
    if not fields:
        return {}
    styles = [fold(column.name) for column in table.columns]
    exact: dict[str, set[str | None]] = {}
    styled: dict[str, set[str | None]] = {}
    for name, value in fields:
        exact.setdefault(bare(name), set()).add(value)
        styled.setdefault(fold(name), set()).add(value)
    known: dict[str, str | None] = {}
    for column, style in zip(table.columns, styles, strict=True):
        values = exact.get(bare(column.name), set())
        if not values and styles.count(style) == 1:
            values = styled.get(style, set())
        if len(values) == 1:
            known[column.name] = next(iter(values))
    return known


def column_lookup(key: UniqueKey, known: dict[str, str | None]) -> KeyLookup | None:
    """By the columns the key reads; None unless all are known and the values could collide."""
    names = input_columns(key)
    if any(name not in known for name in names):
        return None
    if key.nulls_distinct and any(_is_null(part, known) for part in key.parts):
        return None
    return KeyLookup(key, tuple(known[name] for name in names), from_columns=True)


def _is_null(part: KeyPart, known: dict[str, str | None]) -> bool:
    """A plain column whose value is NULL; an expression may well turn NULL into something else."""
    return part.is_column and known[part.expression] is None


def missing_values(key: UniqueKey, known: dict[str, str | None]) -> str:
    """Why the key cannot be asked by its columns."""
    missing = [column for column in input_columns(key) if column not in known]
    if not missing:
        return "A part of the key is empty in the request, and empty values never collide."
    return f"The event does not give the whole key: {', '.join(missing)} is not known."


def other_lookups(
    key: UniqueKey, table: Table, known: dict[str, str | None]
) -> tuple[KeyLookup, ...]:
    """The other unique keys that a Tombstone may hold against the same insert."""
    if not known:
        return ()
    others = (
        other
        for other in table.keys
        if other.valid and other.counts_deleted and not other.primary and other.name != key.name
    )
    found = (column_lookup(other, known) for other in others)
    return tuple(lookup for lookup in found if lookup is not None)
