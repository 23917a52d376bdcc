"""What was judged: Failures, and the Conflicts they are of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from collectors.evidence.schema.base import Moment, metadata

BLOCKED = "verdict IN ('BLOCKED_BY_TOMBSTONE', 'BLOCKED_BY_LEFTOVER')"
"""As text, for a condition with parameters does not lead to the index that has it."""

_DAY, _HOUR = 86_400_000_000, 3_600_000_000
_FREED = (
    f"CASE WHEN {BLOCKED} THEN NULL WHEN released_at IS NOT NULL THEN released_at"
    " WHEN held_at IS NULL THEN last_seen WHEN verdict = 'UNBLOCKED' THEN settled_at"
    " ELSE held_at END"
)
_KEPT_OUT = (
    "CASE WHEN freed_at IS NULL OR held_at IS NULL OR first_seen IS NULL THEN NULL"
    f" ELSE (max(freed_at - first_seen, 0) + {_HOUR - 1}) / {_HOUR} END"
)


def _few(name: str, condition: str, *columns: str) -> Index:
    """An index over the few rows that meet a condition, so that asking for them reads no other."""
    where = text(condition)
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


_SINCE = f"CASE WHEN {BLOCKED} THEN first_seen - first_seen % {_DAY} END"
_OUTCOME = (
    f"CASE WHEN {BLOCKED} THEN 0 WHEN held_at IS NULL AND verdict <> 'UNBLOCKED' THEN NULL"
    f" WHEN held_at IS NULL THEN 3 WHEN freed_at - last_seen >= {14 * _DAY} THEN 2 ELSE 1 END"
)
_TRIES = (
    "CASE WHEN failures < 3 THEN failures WHEN failures <= 5 THEN 3 WHEN failures <= 10 THEN 6"
    " WHEN failures <= 20 THEN 11 ELSE 21 END"
)


def _computed(name: str, kind: Any, value: str) -> Column[Any]:
    """A virtual column: it costs nothing but in the indexes that hold it."""
    return Column(name, kind, Computed(value, persisted=False))


meta = Table(
    "meta",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)
"""`secret_check`: the Vault's check value. `generation`: grows with every page stored; `news`: with
what makes a page say something else."""

failures = Table(
    "failures",
    metadata,
    Column("event_id", String(32), primary_key=True),
    Column("source", String, nullable=False),
    Column("project", String),
    Column("environment", String, nullable=False),
    Column("target", String),
    Column("occurred_at", Moment, nullable=False),
    Column("operation", String),
    Column("transaction", String),
    Column("release", String),
    Column("issue_id", String),
    Column("constraint_name", String),
    Column("table_name", String),
    Column("organization_id", String),
    Column("verdict", String, nullable=False),
    Column("confidence", String),
    Column("reasons", JSON, nullable=False),
    Column("blocker", JSON),
    Column("candidates", JSON, nullable=False),
    Column("conflict_id", String(16), ForeignKey("conflicts.id")),
    Column("judged_at", Moment, nullable=False),
    Column("sealed", LargeBinary),
    Column("waits_for", String),
    Index(None, "conflict_id", "occurred_at"),
    Index(None, "verdict", "occurred_at"),
    Index(None, "environment", "occurred_at"),
    Index(None, "organization_id", "occurred_at"),
    Index(None, "occurred_at", "event_id"),
    Index(None, "release", "conflict_id"),
    Index(None, "issue_id"),
    _few("ix_failures_waiting", "waits_for IS NOT NULL", "waits_for", "environment", "judged_at"),
    _few("ix_failures_unmapped", "target IS NULL", "environment", "occurred_at"),
    _few("ix_failures_to_erase", "sealed IS NOT NULL", "judged_at", "verdict"),
)
"""One line a Failure. `sealed` is the Failure itself, encrypted, while its Verdict may change.
`waits_for` is set while it is UNDECIDED and could be decided, and says what that hangs on: the
`target` (there was none, or it did not answer), a newer `snapshot`, the `catalog`, or other
`rows`."""

conflicts = Table(
    "conflicts",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("environment", String, nullable=False),
    Column("target", String, nullable=False),
    Column("schema_name", String, nullable=False),
    Column("table_name", String, nullable=False),
    Column("constraint_name", String, nullable=False),
    Column("columns", JSON, nullable=False),
    Column("organization_id", String),
    Column("masked_key", JSON, nullable=False),
    Column("verdict", String, nullable=False),
    Column("confidence", String),
    Column("reasons", JSON, nullable=False),
    Column("blocker", JSON),
    Column("holder", JSON),
    Column("row_created_at", Moment),
    Column("candidates", JSON, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("first_seen", Moment),
    Column("last_seen", Moment),
    Column("newest_event", String(32)),
    Column("held_at", Moment),
    Column("asked_at", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("released_by", String),
    Column("released_at", Moment),
    Column("sealed", LargeBinary),
    Column("outlived", Boolean),
    _computed("freed_at", Moment, _FREED),
    _computed("kept_out_since", Moment, _SINCE),
    _computed("kept_out_hours", BigInteger, _KEPT_OUT),
    _computed("outcome", BigInteger, _OUTCOME),
    _computed("tries", BigInteger, _TRIES),
    _computed("row_table", String, "json_extract(blocker, '$.table')"),
    _computed("row_id", String, "json_extract(blocker, '$.id')"),
    Index(None, "verdict", "last_seen", "id"),
    Index(None, "last_seen", "id"),
    Index(None, "organization_id"),
    Index(
        "ix_conflicts_counted",
        "verdict",
        "environment",
        "constraint_name",
        "organization_id",
        "last_seen",
        "first_seen",
        "failures",
        "released_by",
        "released_at",
        "settled_at",
        "held_at",
    ),
    _few("ix_conflicts_blocked", BLOCKED, "asked_at"),
    _few("ix_conflicts_outlived", "outlived IS NOT NULL", "id"),
    _few("ix_conflicts_released", "released_by IS NOT NULL", "released_at"),
    _few("ix_conflicts_to_erase", "sealed IS NOT NULL", "settled_at"),
    _few(
        "ix_conflicts_customers",
        "outcome IS NOT NULL",
        "organization_id",
        "environment",
        "constraint_name",
        "outcome",
        "tries",
        "last_seen",
        "first_seen",
        "failures",
    ),
    _few(
        "ix_conflicts_freed",
        "kept_out_hours IS NOT NULL",
        "kept_out_hours",
        "released_by",
        "environment",
        "constraint_name",
        "first_seen",
    ),
    _few(
        "ix_conflicts_kept_out",
        "kept_out_since IS NOT NULL",
        "kept_out_since",
        "environment",
        "constraint_name",
        "first_seen",
    ),
    _few(
        "ix_conflicts_row",
        "outcome IS NOT NULL",
        "target",
        "row_table",
        "row_id",
        "organization_id",
        "environment",
        "constraint_name",
        "last_seen",
    ),
)
"""One line a Conflict. `blocker` is the row that blocks or blocked, `holder` whoever held the key
at our newest look (`asked_at`), `row_created_at` the creation of the first, else of the second;
`held_at` is the last look that found the blocker holding, `settled_at` when the Verdict became one
that no look can change. `sealed` is the KeyValues. `outlived`: it is blocked no more, but some of
its Failures still stand as blocked, and are to be asked about again. `ix_conflicts_counted` holds
all that the dashboard counts, so that counting reads no whole line.

Computed (revision 0006): `freed_at` is when the key was freed, as our journal has it, else when we
saw it free; where the key has met another end since, when we last saw it held; where it was free
when we looked first, the last Failure, for at least so long it was held. `kept_out_hours`, the last
one begun, are known of those that we saw held, `kept_out_since`, a UTC day, of those that are.
`outcome` is NULL for what is no customer, never having been blocked; 0 while blocked, 1: freed less
than two weeks after the last Failure, 2: later, 3: free when we looked first. `tries` is the class
that `failures` falls into, by its least number."""

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("conflict_id", String(16), ForeignKey("conflicts.id"), primary_key=True),
)
"""Which Conflicts a value belongs to: how a pasted ticket finds them."""

verdict_history = Table(
    "verdict_history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conflict_id", String(16), ForeignKey("conflicts.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("verdict", String, nullable=False),
    Column("confidence", String),
    Column("reasons", JSON, nullable=False),
    Index(None, "conflict_id", "id"),
)
"""A line whenever a Conflict's Verdict, confidence or blocker changed; never updated."""
