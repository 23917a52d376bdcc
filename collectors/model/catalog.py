"""What a Target's catalog says: tables, their columns and references, their marks of deletion."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from collectors.model.keys import UniqueKey

_STATE = re.compile(r"'(?:[^']|'')*'|-?\d+")
_PERSONAL = re.compile(
    r"e_?mail|phone|mobile|iban|(?:user|login|nick)_?name|login$|external", re.IGNORECASE
)
"""What columns are called that hold whom people are reached or known by."""
_LIMIT = re.compile(r"\((\d+)\)$")
_AMPLE = 10_000


class MarkerKind(StrEnum):
    """How a table says "deleted"."""

    TIMESTAMP = "timestamp"
    BOOLEAN = "boolean"
    EPOCH = "epoch"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class SoftDeleteMarker:
    """A table's mark of deletion.

    deleted  an SQL condition over the row that holds when it is deleted: `deleted_at IS NOT NULL`
    live     the SQL value the column has while the row is live: `NULL`, `false`, `0`, `'active'`;
             nothing where nobody knows, of a status that is a number
    since    an SQL expression for the time of deletion (timestamptz), or None where none is kept
    doubt    an SQL condition that holds where the column has a value that no such mark has (a
             count, a third state), or None where it cannot have one
    """

    column: str
    kind: MarkerKind
    deleted: str
    live: str
    since: str | None
    doubt: str | None = None

    @property
    def states(self) -> tuple[str, ...]:
        """Of a status, the SQL values that say "deleted".

        >>> SoftDeleteMarker("s", MarkerKind.STATUS, "s IN ('gone', 'it''s')", "'a'", None).states
        ("'gone'", "'it''s'")
        """
        said = self.deleted.removeprefix(self.column)
        return tuple(_STATE.findall(said)) if self.kind is MarkerKind.STATUS else ()


@dataclass(frozen=True, slots=True)
class Column:
    """One table column. `type` is `format_type`'s spelling: "character varying(320)"."""

    name: str
    type: str
    nullable: bool
    generated: bool = False
    category: str = "U"
    """`pg_type.typcategory`: S text, N number, B boolean, D time, E enum, A array, U the rest."""
    default: str | None = None
    computed: str | None = None
    """The SQL that the database computes it by, from other columns of the row."""
    filled: bool = False
    """A CHECK or its domain lets no NULL be written, whatever the column itself says."""
    holds_addresses: bool = False
    """A part of the primary key in which the statistics know an e-mail address."""
    virtual: bool = False
    """Computed whenever it is read: PostgreSQL takes it into no index, nor into its predicate."""

    @property
    def takes_null(self) -> bool:
        """NULL can be written to it."""
        return self.nullable and not self.filled

    @property
    def room(self) -> int:
        """How many characters a text column takes; what is not limited takes what we write."""
        limit = _LIMIT.search(self.type)
        return int(limit[1]) if limit else _AMPLE

    @property
    def holds_email(self) -> bool:
        """Its name says that it holds an e-mail address."""
        return "mail" in self.name.lower()


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A reference from `(schema, table, columns)` to `(to_schema, to_table, to_columns)`.

    `to_key` names the UniqueKey it rests on, which therefore cannot be dropped. One to a partition
    is one to its whole table too: a row of the table may be what it refers to.
    """

    name: str
    schema: str
    table: str
    columns: tuple[str, ...]
    to_schema: str
    to_table: str
    to_columns: tuple[str, ...]
    on_delete: str
    """NO ACTION, RESTRICT, CASCADE, SET NULL or SET DEFAULT."""
    to_key: str = ""
    on_update: str = "NO ACTION"

    @property
    def follows(self) -> bool:
        """Whether the database itself writes the referring rows when the other end changes."""
        return self.on_update not in ("NO ACTION", "RESTRICT")


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition under a partitioned table, however deep; `partitioned` has its own below."""

    schema: str
    name: str
    parent_schema: str
    parent: str
    partitioned: bool

    @property
    def qualified(self) -> str:
        """Its name as a statement has it."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Table:
    """One table as the catalog and the table mapping describe it (mapping: None means "not known").

    `markers` are all its marks of deletion, set together; `marker` is the best of them.
    `kept_in` names, for a nullable key column, the JSON column where a release keeps its value.
    `title` is what people know a row by. SQL conditions: `erased_when` holds for a row that was
    erased or anonymized, `live_when` while it still does something (an active subscription),
    `paid_when` where its `money` (in `currency`) was received. `inherited`: other
    tables inherit from it, whose rows a statement sees beside its own, and its keys do not count.
    `excludes`: an EXCLUDE constraint, which is none of its `keys`, keeps rows out as well. `checks`
    are the conditions of its CHECKs.
    `subscribed`: a logical subscription fills it from another database.
    `partitioned_by` are the columns that it, or any part of it, is partitioned by: each of its
    unique keys has them all. `ahead_of_utc`: how far the database's own clock is, in summer and in
    winter, and with it perhaps a time without a zone; empty where it goes by UTC.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    keys: tuple[UniqueKey, ...] = ()
    marker: SoftDeleteMarker | None = None
    created_at: str | None = None
    organization: str | None = None
    erased_when: str | None = None
    kept_in: Mapping[str, str] = field(default_factory=dict)
    triggers: tuple[str, ...] = ()
    title: str | None = None
    money: str | None = None
    currency: str | None = None
    live_when: str | None = None
    paid_when: str | None = None
    markers: tuple[SoftDeleteMarker, ...] = ()
    inherited: bool = False
    partitioned: bool = False
    partitioned_by: tuple[str, ...] = ()
    partitions: tuple[Partition, ...] = ()
    excludes: bool = False
    checks: tuple[str, ...] = ()
    subscribed: bool = False
    ahead_of_utc: tuple[timedelta, ...] = ()

    @property
    def label(self) -> str:
        """How a RowRef and a sentence name it: without its schema where that is `public`."""
        return label_of(self.schema, self.name)

    @property
    def qualified(self) -> str:
        """Its name as a statement has it, with its schema."""
        return f"{self.schema}.{self.name}"

    @property
    def own_rows(self) -> str:
        """How a statement names it, to see no row of those that inherit from it.

        No key is over both: an id, or a value that a key holds, may be a row's of each.
        """
        return f"{'ONLY ' if self.inherited else ''}{self.qualified}"

    @property
    def personal_key(self) -> tuple[str, ...]:
        """The columns of its primary key by which people go: no id of a row may hold them.

        Ids are stored and shown in clear, and the journal keeps them for ever.
        """
        columns = filter(None, map(self.column, self.primary_key))
        return tuple(
            column.name
            for column in columns
            if column.category == "S" and (column.holds_addresses or _PERSONAL.search(column.name))
        )

    @property
    def row_key(self) -> tuple[str, ...]:
        """The primary key as far as a row may be named by it: all of it, or nothing."""
        return () if self.personal_key else self.primary_key

    def column(self, name: str) -> Column | None:
        """The column of that (quoted) name."""
        for column in self.columns:
            if column.name == name:
                return column
        return None


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tables of a Target's configured schemas, read at `read_at`."""

    read_at: datetime
    tables: tuple[Table, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()

    def table(self, schema: str, name: str) -> Table | None:
        """The table of that schema and (quoted) name."""
        return next((t for t in self.tables if (t.schema, t.name) == (schema, name)), None)

    def keys_named(self, name: str) -> tuple[UniqueKey, ...]:
        """Every UniqueKey of that name: two schemas may use the same one."""
        return tuple(k for t in self.tables for k in t.keys if name == k.name or name in k.aliases)


def label_of(schema: str, name: str) -> str:
    """How a table of that schema and name is called in a sentence.

    >>> label_of("public", "orders"), label_of("shop", "orders")
    ('orders', 'shop.orders')
    """
    return name if schema == "public" else f"{schema}.{name}"
