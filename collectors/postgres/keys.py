"""From the catalog's rows to UniqueKeys: pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from collectors.model import Blocks, Column, IndexBuild, KeyPart, SoftDeleteMarker, UniqueKey
from collectors.model.sql_text import named_in, spelled_out
from collectors.postgres.deletion import (
    Reading,
    besides_deletion,
    blocked,
    keeps_live_out,
    questions,
    splits_live,
)
from collectors.postgres.meaning import Meanings, Question


@dataclass(frozen=True, slots=True)
class PartRow:
    """One row of `catalog_sql.KEY_PARTS`; `column` is 0 for an expression.

    `definition` is None but for an index's first part.
    """

    table: int
    index: int
    name: str
    primary: bool
    valid: bool
    nulls_distinct: bool
    predicate: str | None
    aliases: Sequence[str]
    expression: str
    column: int
    nodes: str | None
    type: str
    collation: str | None
    equals: str
    definition: str | None
    constraint: bool
    deferrable: str
    replica_identity: bool
    tablespace: str | None


@dataclass(frozen=True, slots=True)
class ReadKey:
    """An index as its rows say it: `first` of them, its parts, and what the computed ones mean."""

    first: PartRow
    parts: tuple[KeyPart, ...]
    meant: tuple[KeyPart, ...]


def read_keys(rows: Sequence[PartRow], columns: Mapping[int, Column]) -> tuple[ReadKey, ...]:
    """The indexes of one table, from its part rows in order and its columns by number."""
    by_index = groupby(rows, key=lambda row: row.index)
    return tuple([_read(list(of_key), columns) for _, of_key in by_index])


def unique_keys(
    schema: str,
    table: str,
    read: Sequence[ReadKey],
    columns: Mapping[int, Column],
    markers: Sequence[SoftDeleteMarker],
    meanings: Meanings,
    checks: Sequence[str] = (),
) -> tuple[UniqueKey, ...]:
    """The keys of one table, and what they say of deletion; `checks` are what its rows meet."""
    reading = Reading([*columns.values()], meanings, _primary(read), checks)
    nullable = {column.name for column in columns.values() if column.nullable}
    return tuple([_key(schema, table, one, nullable, markers, reading) for one in read])


def questions_of(
    read: Sequence[ReadKey],
    columns: Mapping[int, Column],
    markers: Sequence[SoftDeleteMarker],
    checks: Sequence[str] = (),
) -> Iterator[Question]:
    """What there is to ask the server of the keys of one table."""
    each, own = [*columns.values()], _primary(read)
    for one in read if markers else ():
        yield from questions(one.first.predicate, one.meant, markers, each, own, checks)


def _primary(read: Sequence[ReadKey]) -> frozenset[str]:
    """The columns of the primary key, where it is of one: no two rows share them."""
    primary = next((one.parts for one in read if one.first.primary), ())
    return frozenset(part.expression for part in primary if len(primary) == 1)


def _read(rows: list[PartRow], columns: Mapping[int, Column]) -> ReadKey:
    numbers = iter(columns_of_expressions(rows[0].nodes or "()"))
    parts = tuple([_part(row, numbers, columns) for row in rows])
    return ReadKey(rows[0], parts, tuple([_as_computed(part, columns) for part in parts]))


def _key(
    schema: str,
    table: str,
    read: ReadKey,
    nullable: Collection[str],
    markers: Sequence[SoftDeleteMarker],
    reading: Reading,
) -> UniqueKey:
    first, meant = read.first, read.meant
    distinct = first.nulls_distinct
    blocks = blocked(first.predicate, meant, markers, reading, nulls_distinct=distinct)
    idle = keeps_live_out(first.predicate, meant if distinct else (), markers, reading)
    shown = {of.expression: part.expression for of, part in zip(meant, read.parts, strict=True)}
    return UniqueKey(
        name=first.name,
        schema=schema,
        table=table,
        parts=read.parts,
        predicate=first.predicate,
        nulls_distinct=distinct,
        valid=first.valid,
        primary=first.primary,
        counts_deleted=blocks is not Blocks.NOTHING,
        aliases=tuple(first.aliases),
        blocks=blocks,
        besides=besides_deletion(first.predicate, markers, nullable, reading),
        idle=shown.get(idle, idle) if idle else None,
        splits_live=splits_live(meant, markers, reading),
        build=IndexBuild(
            first.definition or "",
            first.constraint,
            first.deferrable,
            first.replica_identity,
            first.tablespace,
        ),
    )


def _part(row: PartRow, read: Iterator[set[int]], columns: Mapping[int, Column]) -> KeyPart:
    """`read` gives the columns of the next expression; plain columns do not take from it."""
    column = columns.get(row.column)
    if column:
        names: tuple[str, ...] = (column.name,)
    else:
        numbers = next(read)
        wanted = columns if 0 in numbers else numbers  # 0 is the whole row
        names = tuple(columns[number].name for number in sorted(wanted))
    nullable = column.nullable if column else True
    return KeyPart(row.expression, names, row.type, nullable, row.collation, row.equals)


def _as_computed(part: KeyPart, columns: Mapping[int, Column]) -> KeyPart:
    """What the database computes, as the expressions that it stands for."""
    computed = {c.name: c.computed for c in columns.values() if c.computed}
    sql = spelled_out(part.expression, {n: computed[n] for n in part.columns if n in computed})
    if sql == part.expression:
        return part
    read = sorted(named_in(sql) & {one.name for one in columns.values()} - {*part.columns})
    return replace(part, expression=sql, columns=(*part.columns, *read))


_NODE = re.compile(r"\\.|[{}]|:varattno (-?\d+)")


def columns_of_expressions(nodes: str) -> Iterator[set[int]]:
    """The column numbers that each expression of `pg_index.indexprs` reads, in order.

    The text is PostgreSQL's own dump of its parse trees: `({FUNCEXPR … {VAR :varno 1 :varattno 6
    …}} {…})`, in which every brace and space of a name is escaped by a backslash (nodes/outfuncs.c)
    and constants are lists of byte values. It is the one place that says which expression reads
    what: `pg_depend` knows only the index as a whole.

    >>> list(columns_of_expressions("({F :a {VAR :varattno 6 :x}} {VAR :varattno 2})"))
    [{6}, {2}]
    """
    depth, numbers = 0, set[int]()
    for token in _NODE.finditer(nodes):
        depth += (token[0] == "{") - (token[0] == "}")
        if token[1]:
            numbers.add(int(token[1]))
        if token[0] == "}" and depth == 0:
            yield numbers
            numbers = set()
