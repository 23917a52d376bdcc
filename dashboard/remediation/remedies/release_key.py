"""Release the key: the Tombstone stays deleted and gives up the value that keeps others out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from collectors.model import Column, Table, UniqueKey, input_columns
from collectors.model.releasable import (
    keys_reading,
    null_enters_another,
    null_frees,
    null_is_free,
    releasable_columns,
)
from collectors.model.released import kept_name
from dashboard.remediation.changes import Change, Keep, Write, json_object
from dashboard.remediation.facts import Facts, Place, RemedyName, Row
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.remedies.released_value import released_value
from dashboard.remediation.remedies.remedy import Draft, Goal

_UNDO = "The column gets its old value back, as long as nobody holds it and the row is unchanged."
_NO_UNDO = "None: the row was erased, so the value is kept nowhere."


@dataclass(frozen=True, slots=True)
class ReleaseKey:
    """NULL where the index lets NULLs repeat, else a value that is unique to the row.

    One column is changed, never one that says whose row it is: the organization's, a foreign key's,
    one that others refer to, the marker, the primary key. A nullable column comes first, because
    NULL says the truth and needs no invented value; unless without one the row would hold another
    key, `(shop, email) WHERE external_id IS NULL`, or a CHECK asks for one, `value IS NOT NULL`.
    """

    name: ClassVar[RemedyName] = RemedyName.RELEASE_KEY
    title: ClassVar[str] = "Release the key"
    advice: ClassVar[str] = (
        "It frees the value at once and brings nothing back: the row stays deleted, "
        "and this key no longer stands in the way of a create."
    )
    has_undo: ClassVar[bool] = True

    def draft(self, facts: Facts) -> Draft | Refusal:
        """What it would write, or why it may not."""
        place, row = facts.place, facts.row
        assert row is not None
        changes = _freeing_changes(place, row)
        if isinstance(changes, Refusal):
            return changes
        column = changes[0].column
        erased = bool(row.erased)
        return Draft(
            changes=changes,
            goal=Goal(deleted=True, holds=False),
            checked=keys_reading(place.table, {column}),
            preconditions=(
                "the row is still deleted, and as it was seen",
                f"it still holds {place.key.name if place.key else 'the key'}",
                f"no other row has the new value of {column} under any unique key",
            ),
            undo=_NO_UNDO if erased else _UNDO,
            undoable=not erased,
            warnings=tuple(_warnings(place, row, changes)),
        )

    def not_for_support(self, facts: Facts) -> str | None:  # noqa: ARG002
        """Support may always release one key."""
        return None


def _freeing_changes(place: Place, row: Row) -> tuple[Change, ...] | Refusal:
    table = place.table
    assert place.key is not None
    candidates = releasable_columns(table, place.key, place.foreign_keys)
    emptied = [column for column in candidates if column.takes_null and null_frees(table, column)]
    for column in emptied:
        if null_is_free(table, place.key, column):
            return _emptied(table, row, column)
    for column in sorted(candidates, key=lambda each: not each.holds_email):
        value = released_value(column, row.columns[column.name], place.row_id)
        if value is not None and value == row.columns[column.name]:
            return Refusal(
                RefusalCode.NOTHING_TO_CHANGE,
                f"The row was released before: {column.name} holds a made-up value already.",
            )
        if value is not None:
            return (Write(column.name, column.type, value, clear=True),)
    for column in emptied:
        if not null_enters_another(table, place.key, column):
            return _emptied(table, row, column)
    if emptied:
        return Refusal(
            RefusalCode.NULLS_NOT_FREE,
            f"The key could only be freed by emptying {emptied[0].name}, and without a value there "
            "the row would stand in the way under another unique key.",
        )
    if any(column.takes_null for column in candidates):
        return Refusal(
            RefusalCode.NULLS_NOT_FREE,
            "The key's column could only be emptied, and this index lets no two rows be empty.",
        )
    return Refusal(
        RefusalCode.NOTHING_TO_CHANGE,
        "No column of this key can be changed safely: each says whose row it is, is referred to, "
        "is computed by the database, holds more than the key's value, or has no room for a value "
        "that is unique to the row.",
    )


def _emptied(table: Table, row: Row, column: Column) -> tuple[Change, ...]:
    null = Write(column.name, column.type, None)
    return (null,) if row.erased else (null, *_kept(table, row, column))


def _kept(table: Table, row: Row, column: Column) -> tuple[Change, ...]:
    """The value's new place, where the table mapping names one that is a JSON object."""
    place = table.column(table.kept_in.get(column.name, ""))
    value = row.columns[column.name]
    if place is None or value is None or json_object(row.columns[place.name]) is None:
        return ()
    return (Keep(place.name, place.type, kept_name(column.name), value),)


def _warnings(place: Place, row: Row, changes: tuple[Change, ...]) -> list[str]:
    warnings = []
    column = changes[0].column
    if row.erased:
        warnings.append("The row was erased: its old value is not kept anywhere.")
    elif changes[0].shown == "NULL" and len(changes) == 1:
        warnings.append(f"The old {column} is kept only in the sealed before-image.")
    elif len(changes) > 1:
        kept, keeper = kept_name(column), changes[1].column
        warnings.append(f"The old {column} moves to {keeper}.{kept}.")
        if kept in (json_object(row.columns[keeper]) or {}):
            warnings.append(f"What {keeper}.{kept} held before is replaced.")
    warnings += [
        f"The row also holds {key.name} ({', '.join(key.columns)}), which this does not release."
        for key in place.table.keys
        if _is_held_too(key, place, row, column)
    ]
    return warnings


def _is_held_too(key: UniqueKey, place: Place, row: Row, column: str) -> bool:
    inputs = input_columns(key)
    if key.primary or not key.counts_deleted or key == place.key or column in inputs:
        return False
    return all(row.columns[name] is not None for name in inputs)
