"""The vocabulary: frozen values that every part speaks in. Nothing here touches the world.

Names are DESIGN's terms. Every `datetime` is aware and in UTC. Every identifier that comes from a
catalog (`schema`, `table`, a column, an expression) is spelled as PostgreSQL's `quote_ident` or
`pg_get_indexdef` gives it, so that it can stand in a statement as it is; whatever comes from an
Event never does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

KeyValues = tuple[str | None, ...]
"""One value for each key expression, as PostgreSQL prints it; None where it printed `null`."""


class Verdict(StrEnum):
    """What the database says of a Failure (DESIGN 5)."""

    BLOCKED_BY_TOMBSTONE = "BLOCKED_BY_TOMBSTONE"
    BLOCKED_BY_LEFTOVER = "BLOCKED_BY_LEFTOVER"
    UNBLOCKED = "UNBLOCKED"
    LIVE_DUPLICATE = "LIVE_DUPLICATE"
    CONCURRENT_CREATE = "CONCURRENT_CREATE"
    HOLDER_GONE = "HOLDER_GONE"
    OTHER_FAILURE = "OTHER_FAILURE"
    UNDECIDED = "UNDECIDED"

    @property
    def is_blocked(self) -> bool:
        """Somebody is kept out right now, and it is our bug."""
        return self in (Verdict.BLOCKED_BY_TOMBSTONE, Verdict.BLOCKED_BY_LEFTOVER)

    @property
    def may_change(self) -> bool:
        """A later look at the Target could say something else, so every Run asks again."""
        return self.is_blocked or self is Verdict.UNDECIDED


class Confidence(StrEnum):
    """How sure a Verdict is; always given together with its reasons."""

    CERTAIN = "CERTAIN"
    LIKELY = "LIKELY"
    WEAK = "WEAK"

    def at_most(self, ceiling: Confidence) -> Confidence:
        """The weaker of the two.

        >>> Confidence.CERTAIN.at_most(Confidence.LIKELY)
        <Confidence.LIKELY: 'LIKELY'>
        """
        order = list(Confidence)
        return max(self, ceiling, key=order.index)


class Operation(StrEnum):
    """What the failed request was trying to do to a row."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RESTORE = "restore"


class ValueSource(StrEnum):
    """Where in the Event the KeyValues stood, best first."""

    DETAIL = "the database's own DETAIL"
    MESSAGE = "the database's DETAIL as the application retells it"
    PARAMETERS = "the SQL parameters"
    FRAME = "the variables of a stack frame"
    REQUEST = "the request body"


# --- what Sentry reported -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Frame:
    """One stack frame; `variables` are as the SDK serialized them (mostly `repr` texts)."""

    function: str | None = None
    module: str | None = None
    in_app: bool = False
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExceptionValue:
    """One exception of the chain."""

    type: str | None = None
    module: str | None = None
    value: str = ""
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """The HTTP request of an Event. `body` is parsed where it was JSON, also inside a string."""

    method: str | None = None
    route: str | None = None
    body: Any = None


@dataclass(frozen=True, slots=True)
class Event:
    """One occurrence reported by Sentry, reduced to what Tombstone reads.

    `exceptions` are innermost first, as the SDK sends them. `contexts` and `extra` keep the
    driver's structured fields (`QueryFailedError.detail`, …). `oddity` says in a sentence what made
    the Event unreadable; such an Event keeps whatever could be read.
    """

    event_id: str
    occurred_at: datetime
    project: str | None = None
    environment: str | None = None
    issue_id: str | None = None
    transaction: str | None = None
    release: str | None = None
    platform: str | None = None
    message: str | None = None
    exceptions: tuple[ExceptionValue, ...] = ()
    request: Request | None = None
    contexts: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    oddity: str | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """Sentry's group of Events. `title` may hold customer data until the store masks it."""

    issue_id: str
    project: str | None = None
    title: str = ""
    status: str | None = None
    substatus: str | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    count: int | None = None
    url: str | None = None


# --- what the Event says of a key -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ViolatedKey:
    """A unique violation as read from an Event or a text; any part may be missing.

    columns  the key expressions as the message prints them: ("organization_id", "lower(email)")
    splits   every way to cut the printed tuple into that many values; one when it is unambiguous,
             none when the message held no values
    fields   values known by column name only (SQL parameters, frame variables, request body); they
             may cover just some of the key's columns
    doubt    why the values are not to be had, in words ("the value was hidden by a scrubber")
    """

    constraint: str | None = None
    schema: str | None = None
    table: str | None = None
    columns: tuple[str, ...] = ()
    splits: tuple[KeyValues, ...] = ()
    fields: tuple[tuple[str, str | None], ...] = ()
    source: ValueSource | None = None
    doubt: str | None = None

    @property
    def complete(self) -> bool:
        """The key's own values are known, in exactly one way."""
        return len(self.splits) == 1


@dataclass(frozen=True, slots=True)
class Failure:
    """An Event of a failed create, update, delete or restore, reduced to the facts we use.

    `key` is None unless a unique constraint was violated; then `other` says in a few masked words
    what kind of failure it was instead. `organization_id` is only a hint, and never decides.
    """

    event_id: str
    environment: str
    occurred_at: datetime
    project: str | None = None
    operation: Operation | None = None
    transaction: str | None = None
    release: str | None = None
    issue_id: str | None = None
    key: ViolatedKey | None = None
    other: str | None = None
    oddity: str | None = None
    organization_id: str | None = None


# --- what the Target's catalog says ---------------------------------------------------------------


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
    live     the SQL value the column has while the row is live: `NULL`, `false`, `0`, `'active'`
    since    an SQL expression for the time of deletion (timestamptz), or None where none is kept
    """

    column: str
    kind: MarkerKind
    deleted: str
    live: str
    since: str | None


@dataclass(frozen=True, slots=True)
class Column:
    """One table column. `type` is `format_type`'s spelling: "character varying(320)"."""

    name: str
    type: str
    nullable: bool
    generated: bool = False
    category: str = "U"
    """`pg_type.typcategory`: S text, N number, B boolean, D time, E enum, A array, U the rest."""


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
class UniqueKey:
    """A unique constraint or unique index of one table.

    `name` is as the server's messages print it (not quoted). `valid` is false for what a failed
    CREATE INDEX CONCURRENTLY left behind. `counts_deleted` is true when a soft-deleted row can
    still hold the key: the bug. `aliases` are the names of a partitioned key's own partition
    indexes.
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

    @property
    def columns(self) -> tuple[str, ...]:
        """The key's expressions as the catalog prints them."""
        return tuple(part.expression for part in self.parts)


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A reference from `(schema, table, columns)` to `(to_schema, to_table, to_columns)`."""

    name: str
    schema: str
    table: str
    columns: tuple[str, ...]
    to_schema: str
    to_table: str
    to_columns: tuple[str, ...]
    on_delete: str
    """NO ACTION, RESTRICT, CASCADE, SET NULL or SET DEFAULT."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table as the catalog and the table mapping describe it (mapping: None means "not known").

    `kept_in` names, for a nullable key column, the JSON column where a release keeps its old value.
    `erased_when` is an SQL condition that holds for a row that was erased or anonymized.
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
    row_security: bool = False

    @property
    def label(self) -> str:
        """How a RowRef and a sentence name it: without its schema where that is `public`."""
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"

    def column(self, name: str) -> Column | None:
        """The column of that (quoted) name."""
        return next((column for column in self.columns if column.name == name), None)


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


# --- what the Target's rows say -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RowRef:
    """A row by table and primary key; a composite key is a JSON array in `id`."""

    table: str
    id: str
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """A row that holds KeyValues now.

    `values` are the key's expressions as PostgreSQL prints them for this row. `deleted` without
    `deleted_at` means a marker without a time. `parent` is a soft-deleted row it belongs to.
    """

    row: RowRef
    deleted: bool
    values: KeyValues
    created_at: datetime | None = None
    organization_id: str | None = None
    erased: bool = False
    parent: RowRef | None = None


@dataclass(frozen=True, slots=True)
class KeyLookup:
    """One question to a Target: who holds `values` under `key`?

    `values` belong to `key.parts` and are compared with the expressions themselves; with
    `from_columns` they belong to `input_columns(key)` instead, and the expressions are applied to
    them first (a request body holds the e-mail, the index holds `lower(email)`).
    """

    key: UniqueKey
    values: KeyValues
    from_columns: bool = False


@dataclass(frozen=True, slots=True)
class LookupAnswer:
    """Who holds it, or why the question could not be asked ("not a uuid: …", masked)."""

    holders: tuple[Holder, ...] = ()
    uncastable: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one Rule says, with its reason in plain words."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A Verdict with everything it rests on.

    `values` are the complete KeyValues of the Conflict (the Holder's where there is one), None when
    they are not known; a Failure with `key` and `values` has a Conflict. `confidence` is None only
    without a UniqueKey.
    """

    verdict: Verdict
    confidence: Confidence | None
    findings: tuple[Finding, ...]
    key: UniqueKey | None = None
    values: KeyValues | None = None
    blocker: RowRef | None = None
    holder: Holder | None = None
    candidates: tuple[RowRef, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons alone, in the order in which they were found."""
        return tuple(finding.reason for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What our own last look at a Conflict found; the judge's only memory.

    `blocker` is the Tombstone or leftover we saw hold the key, `held_at` when we last saw it hold,
    `released_by` who or what freed it if we know ("release-key by alice"), `released_at` when our
    own remedy did: until then it held.
    """

    verdict: Verdict
    blocker: RowRef | None = None
    held_at: datetime | None = None
    released_by: str | None = None
    released_at: datetime | None = None


def row_id(parts: Sequence[str]) -> str:
    """The text that names a row: its primary key, or a JSON array of a composite one's columns.

    >>> row_id(["7"]), row_id(["7", "de"])
    ('7', '["7", "de"]')
    """
    return parts[0] if len(parts) == 1 else json.dumps(list(parts), ensure_ascii=False)


def row_id_parts(text: str, width: int) -> tuple[str, ...] | None:
    """What `row_id` was made of, for a primary key of `width` columns; None if it was not.

    >>> row_id_parts('["7", "de"]', 2), row_id_parts("7", 2)
    (('7', 'de'), None)
    """
    if width == 1:
        return (text,)
    try:
        parts = json.loads(text)
    except ValueError:
        return None
    fits = isinstance(parts, list) and len(parts) == width
    return tuple(map(str, parts)) if fits else None


def input_columns(key: UniqueKey) -> tuple[str, ...]:
    """The table columns that a row must give so that every part of `key` can be computed.

    >>> part = KeyPart("lower(email::text)", ("email",), "text", nullable=False)
    >>> input_columns(UniqueKey("k", "public", "customers", (part,)))
    ('email',)
    """
    return tuple(dict.fromkeys(column for part in key.parts for column in part.columns))
