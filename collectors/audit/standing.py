"""How a unique key stands to deletion and to the other keys of its table: pure questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collectors.model import Blocks, KeyPart, MarkerKind, Table, UniqueKey
from collectors.model.releasable import ANSWERS_NULL, columns_read


def marked_columns(table: Table) -> set[str]:
    """The columns that say "deleted", and those that the database computes from them alone."""
    said = {marker.column for marker in table.markers}
    computed = [column for column in table.columns if column.computed is not None]
    return said | {
        column.name
        for column in computed
        if (read := columns_read(table, column.computed or "")) and read <= said
    }


def own_parts(table: Table, key: UniqueKey) -> tuple[KeyPart, ...]:
    """The key's parts without those that only speak of deletion."""
    marked = marked_columns(table)
    return tuple([part for part in key.parts if not marked.issuperset(part.columns)])


def states_in_key(table: Table, key: UniqueKey) -> tuple[KeyPart, ...]:
    """The parts that only speak of deletion."""
    marked = marked_columns(table)
    return tuple([part for part in key.parts if marked.issuperset(part.columns)])


def live_parts(table: Table, key: UniqueKey) -> tuple[KeyPart, ...]:
    """The key's parts in which two live rows may differ: its own, and those that read a status.

    Every state but the deleted ones is a live row's: `(order_id, status)` keeps one in each.
    """
    states = {marker.column for marker in table.markers if marker.kind is MarkerKind.STATUS}
    computed = {c.name: columns_read(table, c.computed) for c in table.columns if c.computed}
    own = own_parts(table, key)
    return tuple(
        part
        for part in key.parts
        if part in own or any({name, *computed.get(name, ())} & states for name in part.columns)
    )


def is_idle(table: Table, key: UniqueKey) -> bool:
    """It lets live rows repeat: a part of it is NULL for each of them, and NULLs are distinct.

    Or its predicate holds for none of them.
    """
    if key.blocks is not Blocks.NOTHING:
        return False
    if key.idle is not None:
        return True
    if not key.nulls_distinct:
        return False
    state = states_in_key(table, key)
    unset = {marker.column for marker in table.markers if marker.live == "NULL"}
    return any(
        unset.issuperset(part.columns) and not ANSWERS_NULL.search(part.expression)
        for part in state
    )


def leaves_live_out(table: Table, key: UniqueKey) -> bool:
    """No live row is in its index."""
    return is_idle(table, key) and key.idle is not None and key.idle not in key.columns


def is_right(table: Table, key: UniqueKey) -> bool:
    """It keeps live rows unique, and lets deleted ones be."""
    return key.valid and key.blocks is Blocks.NOTHING and not is_idle(table, key)


def is_beyond_clash(table: Table, key: UniqueKey) -> bool:
    """No two rows can meet in it that do not meet in the primary key."""
    return (
        not key.primary and bool(table.primary_key) and set(table.primary_key) <= set(key.columns)
    )


def right_keys(table: Table) -> tuple[UniqueKey, ...]:
    """The keys of a table that are as they should be."""
    return tuple(key for key in table.keys if is_right(table, key))


def covering(table: Table, key: UniqueKey, right: Sequence[UniqueKey]) -> UniqueKey | None:
    """One that holds for live rows all that this one does, so that this one may go."""
    others = (other for other in right if other.name != key.name)
    return next((other for other in others if _covers(table, other, key)), None)


def _covers(table: Table, other: UniqueKey, key: UniqueKey) -> bool:
    """Whenever two live rows are equal under `key`, they are equal under `other`."""
    if other.besides not in (None, key.besides) or (key.nulls_distinct < other.nulls_distinct):
        return False
    if _sets_live_rows_apart(table, other):
        return False
    given = {part.expression: part for part in key.parts}
    return all(_is_told_by(part, given) for part in own_parts(table, other))


def _is_told_by(part: KeyPart, given: Mapping[str, KeyPart]) -> bool:
    """Two rows that agree in what is `given` agree in this part.

    An expression of columns of which a collation, or citext, takes two spellings for one may differ
    where they do not.
    """
    if same := given.get(part.expression):
        return same.collation in (None, part.collation) and same.equals == part.equals
    read = [given.get(name) for name in part.columns]
    return all(one and one.collation is None and not one.type.endswith("citext") for one in read)


def _sets_live_rows_apart(table: Table, key: UniqueKey) -> bool:
    """The mark of deletion in it may be NULL or a constant in a live row: it takes one of each.

    So it does of each state that a status may have, or an expression of the mark.
    """
    plain = {part.expression for part in states_in_key(table, key) if part.is_column}
    if key.splits_live or live_parts(table, key) != own_parts(table, key):
        return True
    return any(
        marker.column in plain
        and (column := table.column(marker.column)) is not None
        and column.nullable
        and not (marker.kind is MarkerKind.TIMESTAMP and marker.live == "NULL")
        for marker in table.markers
    )
