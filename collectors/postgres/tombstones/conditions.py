"""The conditions and joins that counting is made of: pure. Fragments come from the catalog alone.

As in `postgres.statements`, the table stands under its own name and alone, so that expressions mean
what they mean in the catalog; whatever is joined to it has columns that begin with `tombstone_`.
"""

# ruff: noqa: S608  (what is put together here comes from the catalog alone)

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from collectors.model import (
    Blocks,
    Catalog,
    Column,
    ForeignKey,
    KeyPart,
    SoftDeleteMarker,
    Table,
    UniqueKey,
    input_columns,
)
from collectors.model.releasable import columns_read
from collectors.model.released import is_released
from collectors.model.sql_text import folded
from collectors.postgres.markers import CONSTANT
from collectors.postgres.rows import source

_LETTER_CASE = re.compile(r'(lower|upper)\((\w+|"(?:[^"]|"")+")(::text)?\)$')
_CONSTANT = re.compile(rf"{CONSTANT.pattern}|NULL(::.+)?")
_OF_DELETION = re.compile(r'"?(not|un|non)?_?(soft)?_?(delet|remov|discard|trash)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DeletedParent:
    """A soft-deletable table that a key's rows belong to: none is created under a deleted one."""

    place: int
    table: Table
    link: ForeignKey

    @property
    def absent(self) -> str:
        """Holds for a row whose parent is not deleted, after `join_parents`."""
        return f"tombstone_parent{self.place} IS NULL"

    def is_named_by(self, key: UniqueKey) -> bool:
        """The key has all the columns of the reference."""
        return {*input_columns(key)}.issuperset(self.link.columns)


def holding_keys(table: Table) -> tuple[UniqueKey, ...]:
    """The keys under which a deleted row makes a create fail.

    An INVALID index holds nobody knows which rows, so it is not among them; nor is a primary key of
    a number or UUID that is handed out and never asked for. One of nothing but other rows' ids is:
    whoever left a team may join it again.
    """
    blocking = (key for key in table.keys if key.blocks is Blocks.CREATE and key.valid)
    return tuple(key for key in blocking if not key.primary or _is_chosen(table, key))


def deleted_parents(
    catalog: Catalog, table: Table, keys: Sequence[UniqueKey]
) -> tuple[DeletedParent, ...]:
    """The parents that one of these keys of the table names in full."""
    found = [
        DeletedParent(place, parent, link)
        for place, link in enumerate(catalog.foreign_keys)
        if (link.schema, link.table) == (table.schema, table.name)
        and (parent := catalog.table(link.to_schema, link.to_table))
        and parent.marker
    ]
    return tuple(one for one in found if any(map(one.is_named_by, keys)))


def holds(table: Table, key: UniqueKey, parents: Sequence[DeletedParent]) -> str:
    """A deleted row keeps its values of `key` from a create that could come.

    Not where a NULL lets them repeat, where deleting, erasing or releasing put a value there that
    nobody asks for, or under a parent that is deleted itself.
    """
    columns = {*input_columns(key)}
    terms = [f"({key.predicate})"] if key.predicate else []
    if key.nulls_distinct:
        terms += [one for part in key.parts for one in _present(table, part)]
    terms += [term for part in key.parts for term in _as_undeleted(table, part)]
    if table.erased_when and columns & columns_read(table, table.erased_when):
        terms.append(f"({table.erased_when}) IS NOT TRUE")
    terms += [f"{condition} IS NOT TRUE" for condition in _released(table, columns)]
    terms += [one.absent for one in parents if one.is_named_by(key)]
    # A CASE is the one order of evaluation that PostgreSQL keeps: an expression of a partial key
    # may fail for a row outside it.
    guarded = key.predicate and len(terms) > 1
    return f"CASE WHEN {terms[0]} THEN {_all(terms[1:])} END" if guarded else _all(terms)


def join_parents(parents: Sequence[DeletedParent]) -> str:
    """LEFT JOINs that find a row's deleted parents."""
    return "".join(_join_parent(one) for one in parents)


def share_of(rows: float | None, most: int | None) -> float | None:
    """The part of a table to read: None, all of it, unless more than `most` rows are known."""
    return None if most is None or rows is None or rows <= most else most / rows


def smaller(share: float | None) -> float:
    """What is read instead where that took too long."""
    return (share or 1.0) / 20


def first_day(as_of: datetime, days: int) -> datetime:
    """The midnight that begins the last `days` UTC days, of which today is one."""
    return datetime.combine(as_of.date() - timedelta(days=days - 1), time(), UTC)


def as_if_live(table: Table, marker: SoftDeleteMarker) -> str:
    """The marker's column as a create would fill it; NULL where nobody knows."""
    column = table.column(marker.column)
    assert column is not None
    return f"CAST({marker.live or 'NULL'} AS {column.type})"


def _present(table: Table, part: KeyPart) -> list[str]:
    """The part is not NULL; nothing to ask where it cannot be.

    A letter case is NULL only where its column is, and costs as much as all else to compute.
    """
    (name, *others) = part.columns or ("",)
    column = table.column(name)
    if not others and column and (part.is_column or _LETTER_CASE.match(part.expression)):
        return [f"{name} IS NOT NULL"] if column.nullable else []
    return [f"({part.expression}) IS NOT NULL"] if part.nullable else []


def _as_undeleted(table: Table, part: KeyPart) -> list[str]:
    """`(email, deleted_id)`: beside the mark, a column that is there to set the deleted apart.

    A create leaves it at its default.
    """
    name = part.columns[0] if part.is_column else ""
    column = table.column(name)
    marks = {marker.column for marker in table.markers}
    if column is None or name in marks or column.generated or not _OF_DELETION.match(name):
        return []
    live = column.default or ("NULL" if column.nullable else "")
    return [f"{name} IS NOT DISTINCT FROM {live}"] if _CONSTANT.fullmatch(live) else []


def _is_chosen(table: Table, key: UniqueKey) -> bool:
    """Some part of it is a text, or several are all ids of other rows."""
    names = [name for part in key.parts for name in part.columns]
    columns = [column for name in names if (column := table.column(name))]
    others = len(columns) > 1 and not any(_is_own_id(table, column) for column in columns)
    return others or any(column.category == "S" for column in columns)


def _is_own_id(table: Table, column: Column) -> bool:
    """`id`, `customer_id` in customers, or what a default makes anew for each row."""
    made = column.generated or not _CONSTANT.fullmatch(column.default or "NULL")
    of = folded(table.name)
    own = ("id", "uuid", "guid", f"{of}id", f"{of.removesuffix('s')}id")
    return made or folded(column.name) in own


def _released(table: Table, columns: set[str]) -> list[str]:
    names = sorted(columns - {table.organization})
    found = [column for name in names if (column := table.column(name))]
    return [is_released(column.name) for column in found if column.category == "S"]


def _join_parent(one: DeletedParent) -> str:
    marker = one.table.marker
    assert marker is not None
    names = [f"tombstone_p{one.place}_{n}" for n in range(len(one.link.columns))]
    shown = ", ".join(f"{c} AS {n}" for c, n in zip(one.link.to_columns, names, strict=True))
    joined = " AND ".join(f"{n} = {c}" for n, c in zip(names, one.link.columns, strict=True))
    return (
        f"\nLEFT JOIN (SELECT {shown}, true AS tombstone_parent{one.place}"
        f" FROM {source(one.table)} WHERE {marker.deleted}) AS tombstone_of{one.place} ON {joined}"
    )


def _all(terms: Sequence[str]) -> str:
    return " AND ".join(terms) or "true"
