"""Which key should stand in a flawed one's place, or why none can."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from collectors.audit.case import KeyCase, Schema
from collectors.audit.migration.definition import IndexDefinition, read_definition
from collectors.audit.migration.namesakes import told_apart, words_of
from collectors.audit.naming import mark_of
from collectors.audit.standing import (
    covering,
    is_idle,
    is_right,
    live_parts,
    own_parts,
    states_in_key,
)
from collectors.audit.upserts import Upsert
from collectors.model import (
    Blocks,
    KeyPart,
    MarkerKind,
    SoftDeleteMarker,
    Table,
    UniqueKey,
)

_KEEPS_NULL_OUT = re.compile(r"(?:lower|upper|btrim|ltrim|rtrim|trim|md5)\(.*\)", re.IGNORECASE)


class Shape(StrEnum):
    """How a key can know about deletion."""

    LIVE_ONLY = "a partial index over the live rows"
    DELETION_IN_KEY = "the time of deletion in the key, NULLS NOT DISTINCT"
    AS_MEANT = "the same again, valid this time"


@dataclass(frozen=True, slots=True)
class NewKey:
    """An index to build.

    `name` is raw, and made of the `words`; `columns` are the key's expressions, `items` the same
    with operator classes and orders; `constraint` makes a constraint of it at the swap.
    """

    name: str
    words: tuple[str, ...]
    columns: tuple[str, ...]
    shape: Shape
    items: tuple[str, ...]
    predicate: str | None
    nulls_not_distinct: bool
    definition: IndexDefinition
    constraint: bool = False


@dataclass(frozen=True, slots=True)
class _Form:
    """What a Shape makes of a key."""

    words: tuple[str, ...]
    columns: tuple[str, ...]
    items: tuple[str, ...]
    predicate: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What to build and what to drop.

    new         None where `kept`, which stands already, holds all that the old key does
    may_repeat  live rows may share values now, so the new key may be impossible to build
    """

    schema: Schema
    table: Table
    marker: SoftDeleteMarker
    old: UniqueKey
    new: NewKey | None
    kept: UniqueKey | None = None
    may_repeat: bool = False
    upserts: tuple[Upsert, ...] = ()


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why no migration of this key alone can mend it."""

    sentence: str


def draft(case: KeyCase) -> Draft | Obstacle:
    """The way out for a flawed key."""
    table, key = case.table, case.key
    assert table.marker is not None
    if sentence := _obstacle(case):
        return Obstacle(sentence)
    upserts = case.facts.upserts
    if kept := covering(table, key, case.right):
        return Draft(case.schema, table, table.marker, key, None, kept, upserts=upserts)
    shape = _shape(table, key, upserts)
    new = _new_key(case, table.marker, shape)
    if lost := [name for name in table.partitioned_by if name not in new.columns]:
        return Obstacle(_partitioned_by(lost))
    repeat = key.splits_live or not (key.valid and key.blocks is Blocks.CREATE)
    return Draft(case.schema, table, table.marker, key, new, None, repeat, upserts)


def live_condition(table: Table, marker: SoftDeleteMarker) -> str:
    """The SQL condition of a row that is not deleted, in the words a planner matches best."""
    column = table.column(marker.column)
    nullable = column is None or column.nullable
    if marker.kind is MarkerKind.BOOLEAN:
        if marker.live == "true":
            return f"{marker.column} IS NOT FALSE" if nullable else marker.column
        return f"{marker.column} IS NOT TRUE" if nullable else f"NOT {marker.column}"
    if marker.kind is MarkerKind.EPOCH:
        unset = "0" if marker.live == "NULL" else marker.live
        return (
            f"COALESCE({marker.column}, {unset}) = {unset}"
            if nullable
            else f"{marker.column} = {unset}"
        )
    if marker.kind is MarkerKind.STATUS:
        return _in_no_state(marker, nullable=nullable)
    if marker.live == "NULL":
        return f"{marker.column} IS NULL"
    set_live = f"{marker.column} = {marker.live}"
    return f"({set_live} OR {marker.column} IS NULL)" if nullable else set_live


def _in_no_state(marker: SoftDeleteMarker, *, nullable: bool) -> str:
    if len(marker.states) == 1:
        return f"{marker.column} {'IS DISTINCT FROM' if nullable else '<>'} {marker.states[0]}"
    others = f"{marker.column} NOT IN ({', '.join(marker.states)})"
    return f"({others} OR {marker.column} IS NULL)" if nullable else others


def _obstacle(case: KeyCase) -> str | None:
    key = case.key
    if key.primary:
        return (
            "A primary key counts every row: give the table an id of its own first, then make "
            "these columns unique for live rows only."
        )
    if resting := case.schema.resting_on(key):
        names = ", ".join(sorted({f"{fk.name} of {fk.table}" for fk in resting}))
        return (
            f"The foreign key {names} rests on it and needs a key over every row: let that refer "
            "to the primary key first."
        )
    if key.build is not None and key.build.replica_identity:
        return "Logical replication tells rows apart by it: choose another REPLICA IDENTITY first."
    mark = case.table.column(case.table.marker.column) if case.table.marker else None
    if mark is not None and mark.virtual:
        return (
            f"{mark.name} is a virtual column, which PostgreSQL takes into no index: make it "
            "STORED, or name a column that it is computed from as the table's marker."
        )
    if not case.own:
        return "It has no column besides the mark of deletion: what it is for, its owners must say."
    return None


def _partitioned_by(columns: list[str]) -> str:
    return (
        f"The table is partitioned by {', '.join(columns)}, which a unique key over all of it must "
        "have: make the other columns unique in the partitions of live rows, each by a key of its "
        "own, and then drop this one."
    )


def _shape(table: Table, key: UniqueKey, upserts: tuple[Upsert, ...]) -> Shape:
    """Partial, unless ON CONFLICT users can go on naming nothing but columns."""
    if not key.valid and is_right(table, replace(key, valid=True)):
        return Shape.AS_MEANT
    wanted = bool(upserts) or (is_idle(table, key) and not key.speaks_of_deletion)
    fits = wanted and _takes_deletion_in_key(table, key)
    return Shape.DELETION_IN_KEY if fits else Shape.LIVE_ONLY


def _takes_deletion_in_key(table: Table, key: UniqueKey) -> bool:
    """The time tells deleted rows apart, and no other part is ever NULL (NULLs would clash).

    Nor may a live row have either of two values, NULL or a constant: the key would take both.
    """
    marker = table.marker
    assert marker is not None
    column = table.column(marker.column)
    timed = marker.kind is MarkerKind.TIMESTAMP and column and column.type.startswith("timestamp")
    plain = all(part.expression == marker.column for part in states_in_key(table, key))
    filled = all(_never_null(table, part) for part in own_parts(table, key))
    one_live = marker.live == "NULL" or not (column and column.nullable)
    told_apart = filled or marker.live != "NULL" or not key.nulls_distinct
    return bool(timed) and plain and one_live and told_apart


def _never_null(table: Table, part: KeyPart) -> bool:
    columns = [table.column(name) for name in part.columns]
    filled = all(column is not None and not column.nullable for column in columns)
    return filled and (part.is_column or bool(_KEEPS_NULL_OUT.fullmatch(part.expression)))


def _new_key(case: KeyCase, marker: SoftDeleteMarker, shape: Shape) -> NewKey:
    table, key = case.table, case.key
    definition = _definition(key)
    form = {
        Shape.AS_MEANT: _as_meant,
        Shape.DELETION_IN_KEY: _with_deletion,
        Shape.LIVE_ONLY: _live_only,
    }[shape](case, marker, definition)
    nulls_not_distinct = not key.nulls_distinct
    constraint = False
    if shape is Shape.DELETION_IN_KEY:
        nulls_not_distinct |= marker.live == "NULL"
        constraint = _stays_constraint(table, key, definition)
    mark = mark_of(*form.items, form.predicate or "", str(nulls_not_distinct))
    words = told_apart(case, form.words, mark)
    return NewKey(
        name=case.schema.naming.new(table.name, words, constraint=constraint),
        words=words,
        columns=form.columns,
        shape=shape,
        items=form.items,
        predicate=form.predicate,
        nulls_not_distinct=nulls_not_distinct,
        definition=definition,
        constraint=constraint,
    )


def _as_meant(case: KeyCase, _marker: SoftDeleteMarker, definition: IndexDefinition) -> _Form:
    words = (*words_of(case.own), "live")
    return _Form(words, case.key.columns, definition.items, case.key.predicate)


def _with_deletion(case: KeyCase, marker: SoftDeleteMarker, definition: IndexDefinition) -> _Form:
    key = case.key
    words = (*words_of(case.own), marker.column)
    more = () if marker.column in key.columns else (marker.column,)
    return _Form(words, (*key.columns, *more), (*definition.items, *more), key.besides)


def _live_only(case: KeyCase, marker: SoftDeleteMarker, definition: IndexDefinition) -> _Form:
    kept, besides = live_parts(case.table, case.key), case.key.besides
    pairs = zip(case.key.parts, definition.items, strict=True)
    live = live_condition(case.table, marker)
    return _Form(
        (*words_of(case.own), "live"),
        tuple([part.expression for part in kept]),
        tuple([item for part, item in pairs if part in kept]),
        f"{live} AND {besides}" if besides else live,
    )


def _definition(key: UniqueKey) -> IndexDefinition:
    if key.build is None:
        return IndexDefinition(key.columns)
    return read_definition(key.build.definition)


def _stays_constraint(table: Table, key: UniqueKey, definition: IndexDefinition) -> bool:
    """`ADD CONSTRAINT … USING INDEX` takes plain columns in plain order, and no predicate."""
    was = key.build is not None and key.build.constraint
    plain = definition.items == key.columns and all(part.is_column for part in key.parts)
    return was and plain and not key.besides and not table.partitioned
