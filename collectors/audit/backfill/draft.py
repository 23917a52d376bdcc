"""Which column of a key its deleted rows give up, and what stands there afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collectors.audit.case import KeyCase
from collectors.model import (
    Blocks,
    Column,
    ForeignKey,
    MarkerKind,
    SoftDeleteMarker,
    Table,
    UniqueKey,
)
from collectors.model.releasable import (
    columns_read,
    has_value_for_null,
    null_is_free,
    releasable_columns,
)
from collectors.model.released import RELEASED_EMAIL, RELEASED_TEXT, is_released, kept_name
from collectors.model.sql_text import literal

_TEXTS = frozenset({"text", "character varying", "bpchar", "citext", "name"})
_LONGEST_TAG, _SHORTEST_TAG, _UUID, _NUMBER = 32, 8, 32, 20


@dataclass(frozen=True, slots=True)
class Freeing:
    """How one key's deleted rows let go of it; everything but names is SQL over the bare row.

    value    what is written into `column`
    held     the row still holds a value that somebody could ask for
    keeper   the JSON column that keeps the old value under the member `kept`; None: nothing does
    erased   a row of which nothing may be kept, None where the mapping does not tell
    mark     what a deletion sets to mark the row, as far as anybody can tell
    """

    table: Table
    marker: SoftDeleteMarker
    key: UniqueKey
    column: Column
    value: str
    held: str
    keeper: Column | None
    kept: str
    erased: str | None
    mark: str


def freeing(case: KeyCase) -> Freeing | None:
    """None where no deleted row holds the key, or no column of it can be given up safely."""
    table, key, marker = case.table, case.key, case.table.marker
    if marker is None or not table.primary_key or key.primary or not key.valid:
        return None
    if key.blocks is Blocks.NOTHING:
        return None
    found = _written(table, key, case.schema.catalog.foreign_keys)
    if found is None:
        return None
    column, value = found
    keeper = _keeper(table, column) if value == "NULL" else None
    return Freeing(
        table=table,
        marker=marker,
        key=key,
        column=column,
        value=value,
        held=_held(table, key, column, value),
        keeper=keeper,
        kept=literal(kept_name(column.name)),
        erased=f"({table.erased_when}) IS TRUE" if table.erased_when else None,
        mark=_mark(table, marker),
    )


def _written(
    table: Table, key: UniqueKey, foreign_keys: Sequence[ForeignKey]
) -> tuple[Column, str] | None:
    """The column to change and its new value: NULL says the truth, so it comes first."""
    candidates = releasable_columns(table, key, foreign_keys)
    for column in candidates:
        if null_is_free(table, key, column):
            return column, "NULL"
    for column in sorted(candidates, key=lambda each: not each.holds_email):
        value = _made_up(table, column) if _sets_apart(table, key, column) else None
        if value is not None and not _may_enter_another(table, key, column):
            return column, value
    return None


def _sets_apart(table: Table, key: UniqueKey, column: Column) -> bool:
    """A text of the row's own in this column gives the row a value of its own in the key.

    Not where `(code IS NULL)`, or nothing for a deleted row, is all that the key has of it.
    """
    marks = {marker.column for marker in table.markers}
    return any(
        part.type.rpartition(".")[2] in _TEXTS
        and marks.isdisjoint(part.columns)
        and (key.nulls_distinct or part.columns == (column.name,))
        for part in key.parts
        if column.name in part.columns
    )


def _may_enter_another(table: Table, key: UniqueKey, column: Column) -> bool:
    """With a made-up value a deleted row may come into a key that it is not in."""
    return any(
        column.name in columns_read(table, other.predicate)
        for other in table.keys
        if other.predicate and other is not key and other.blocks is not Blocks.NOTHING
    )


def _made_up(table: Table, column: Column) -> str | None:
    """A text that no other row can be given; None where the column takes none, or has no room."""
    if column.category != "S":
        return None
    head, tail = RELEASED_EMAIL if column.holds_email else (RELEASED_TEXT, "")
    tag = _tag(table, column.room - len(head) - len(tail))
    if tag is None:
        return None
    return f"{literal(head)} || {tag}" + (f" || {literal(tail)}" if tail else "")


def _tag(table: Table, room: int) -> str | None:
    """As the remedy has it: the row's id, or where that is long or may be odd, a hash of it."""
    columns = [column for name in table.primary_key if (column := table.column(name))]
    (first, *more) = columns
    if not more and first.type == "uuid" and room >= _UUID:
        return f"replace({first.name}::text, '-', '')"
    if not more and first.type in ("smallint", "integer", "bigint") and room >= _NUMBER:
        return f"replace({first.name}::text, '-', '_')"
    if room < _SHORTEST_TAG:
        return None
    texts = [f"{column.name}::text" for column in columns]
    whole = f"jsonb_build_array({', '.join(texts)})::text" if more else texts[0]
    hashed = f"encode(sha256(convert_to({whole}, 'UTF8')), 'hex')"
    return f"left({hashed}, {min(room, _LONGEST_TAG)})"


def _held(table: Table, key: UniqueKey, column: Column, value: str) -> str:
    """The row is in the index with a value of its own; what was freed is so no more."""
    terms = [f"({key.predicate})"] if key.predicate else []
    repeats = key.nulls_distinct and not has_value_for_null(column.name, key)
    if column.nullable and (repeats or value == "NULL"):
        terms.append(f"{column.name} IS NOT NULL")
    if key.nulls_distinct:
        others = [part for part in key.parts if column.name not in part.columns and part.nullable]
        terms += [f"({part.expression}) IS NOT NULL" for part in others]
    if value != "NULL":
        terms.append(f"{is_released(column.name)} IS NOT TRUE")
    if table.erased_when and column.name in columns_read(table, table.erased_when):
        terms.append(f"({table.erased_when}) IS NOT TRUE")
    return " AND ".join(terms)


def _keeper(table: Table, column: Column) -> Column | None:
    found = table.column(table.kept_in.get(column.name, ""))
    return found if found is not None and "json" in found.type else None


def _mark(table: Table, marker: SoftDeleteMarker) -> str:
    """Of a number only the application knows: a 1, or a time in its own unit; or who deletes.

    Nor does anybody else know what makes the database compute a mark.
    """
    column = table.column(marker.column)
    if column is not None and column.computed is not None:
        return ", ".join(f"{name} = …" for name in sorted(columns_read(table, column.computed)))
    value = "now()" if marker.kind is MarkerKind.TIMESTAMP and marker.since else "…"
    if marker.kind is MarkerKind.BOOLEAN:
        value = "false" if marker.live == "true" else "true"
    if marker.kind is MarkerKind.STATUS:
        value = marker.states[0]
    return f"{marker.column} = {value}"
