"""A unique key, as the catalog has it: its parts, its predicate, how its index is made."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum


class Blocks(StrEnum):
    """The write of another row that a soft-deleted row makes fail."""

    NOTHING = "nothing"
    CREATE = "a create with its values"
    DELETE = "the deletion of a second row with its values"


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One expression of a UniqueKey.

    expression  as `pg_get_indexdef(index, position, true)` prints it
    columns     the table's columns it reads (one, and equal to `expression`, for a plain column)
    type        the type of the indexed value, spelled by `format_type`: under any domain, and
                without a length, so that a cast to it neither checks nor cuts anything
    collation   the index's own, None where it is the database's default
    equals      the operator by which the index tells two values apart or not
    """

    expression: str
    columns: tuple[str, ...]
    type: str
    nullable: bool
    collation: str | None = None
    equals: str = "="

    @property
    def is_column(self) -> bool:
        """It indexes a column as it is."""
        return self.columns == (self.expression,)


@dataclass(frozen=True, slots=True)
class IndexBuild:
    """How a UniqueKey's index is made, for whoever must build another in its place.

    definition        `pg_get_indexdef(index)`: opclasses, collations, INCLUDE and WITH are in it
    constraint        it belongs to a constraint, and is dropped with it
    deferrable        the constraint's own words for it, empty where it is not deferrable
    replica_identity  logical replication tells rows apart by it
    tablespace        None for the database's own
    """

    definition: str
    constraint: bool = False
    deferrable: str = ""
    replica_identity: bool = False
    tablespace: str | None = None


@dataclass(frozen=True, slots=True)
class UniqueKey:
    """A unique constraint or unique index of one table.

    `name` is as the server's messages print it (not quoted). `valid` is false for what a failed
    CREATE INDEX CONCURRENTLY left behind. `counts_deleted` is true when a soft-deleted row can
    still hold the key: the bug; `blocks` is what it makes fail. `aliases` are the names of a
    partitioned key's own partition indexes. `besides` is what the predicate asks of a row besides
    its being live or deleted. `idle` is what keeps every live row out of it, or lets each repeat: a
    term of the predicate, or an expression that is NULL for them; `splits_live` is true where an
    expression of the mark of deletion may set two live rows apart. `build` is how, not what: two
    keys are equal without it.
    """

    name: str
    schema: str
    table: str
    parts: tuple[KeyPart, ...]
    predicate: str | None = None
    nulls_distinct: bool = True
    valid: bool = True
    primary: bool = False
    counts_deleted: bool = False
    aliases: tuple[str, ...] = ()
    blocks: Blocks = Blocks.NOTHING
    besides: str | None = None
    idle: str | None = None
    splits_live: bool = False
    build: IndexBuild | None = field(default=None, compare=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The key's expressions as the catalog prints them."""
        return tuple([part.expression for part in self.parts])

    @property
    def speaks_of_deletion(self) -> bool:
        """Its predicate asks whether a row is live or deleted: `besides` has less than it."""
        texts = (self.predicate, self.besides)
        asked, besides = (re.sub(r"[()\s]", "", text or "") for text in texts)
        return asked != besides


def input_columns(key: UniqueKey) -> tuple[str, ...]:
    """The table columns that a row must give so that every part of `key` can be computed.

    >>> part = KeyPart("lower(email::text)", ("email",), "text", nullable=False)
    >>> input_columns(UniqueKey("k", "public", "customers", (part,)))
    ('email',)
    """
    return tuple(dict.fromkeys(column for part in key.parts for column in part.columns))
