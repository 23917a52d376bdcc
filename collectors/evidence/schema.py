"""The store's tables.

Times are whole microseconds since 1970 in UTC, so that they sort and bucket the same in SQLite and
PostgreSQL. A change here needs a migration and a new VERSION. Nothing here may hold a customer's
e-mail address, external ID or name in clear: see `privacy`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
)

VERSION = "0001"
"""The Alembic revision these tables stand at."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970; exact, unlike `timestamp()`."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The reverse of `to_micros`."""
    return _EPOCH + timedelta(microseconds=micros)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Python to store."""
        return None if value is None else to_micros(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Store to Python."""
        return None if value is None else from_micros(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

meta = Table(
    "meta",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)
"""`secret_check`: the Vault's check value. `generation`: grows with every page stored."""

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
    Index(None, "conflict_id", "occurred_at"),
    Index(None, "verdict", "occurred_at"),
    Index(None, "environment", "occurred_at"),
)
"""One line a Failure. `sealed` is the Failure itself, encrypted, while its Verdict may change."""

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
    Index(None, "verdict", "last_seen", "id"),
    Index(None, "last_seen", "id"),
    Index(None, "organization_id"),
)
"""One line a Conflict. `blocker` is the row that blocks or blocked, `holder` whoever held the key
at our newest look (`asked_at`), `row_created_at` the creation of the first, else of the second;
`held_at` is the last look that found the blocker holding, `settled_at` when the Verdict became one
that no look can change. `sealed` is the KeyValues."""

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

issues = Table(
    "issues",
    metadata,
    Column("issue_id", String, primary_key=True),
    Column("project", String),
    Column("title", String, nullable=False),
    Column("status", String),
    Column("substatus", String),
    Column("first_seen", Moment),
    Column("last_seen", Moment),
    Column("count", Integer),
    Column("url", String),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("read", Integer, nullable=False),
    Column("stored", Integer, nullable=False),
    Column("unreachable", JSON, nullable=False),
    Column("notes", JSON, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("source", String, primary_key=True),
    Column("cursor", String, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("kind", String, nullable=False),
    Column("remediation_id", String(32)),
    Column("conflict_id", String(16)),
    Column("actor", String, nullable=False),
    Column("role", String, nullable=False),
    Column("body", String, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Index(None, "remediation_id", "seq"),
    Index(None, "conflict_id", "seq"),
)
"""Append-only and hash-chained: `hash` signs this line and the one before (see the journal)."""

remediations = Table(
    "remediations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conflict_id", String(16), nullable=False),
    Column("environment", String, nullable=False),
    Column("target", String, nullable=False),
    Column("remedy", String, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("table_name", String, nullable=False),
    Column("row_id", String, nullable=False),
    Column("undoes", String(32)),
    Column("state", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("role", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("ticket", String),
    Column("owner", String, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("xid", String),
    Column("slot", String, nullable=False),
    Column("open_slot", String),
    Column("undone_by", String(32)),
    Column("code", String),
    Column("said", String),
    UniqueConstraint("open_slot"),
    Index(None, "conflict_id", "started_at"),
    Index(None, "slot", "started_at"),
    Index(None, "state", "started_at"),
)
"""Where each remediation stands: `running`, `applied`, `refused`, `failed`, `undone`, `looked-at`.

`slot` names the row of its Target; `open_slot` is the same while a plan for it is running, and NULL
after: no two of them can be in flight for one row. `owner` is the process that runs it, `xid` the
Target's transaction, known from just before its COMMIT. `code` and `said` are the Refusal, or what
must be looked at. An undo is a remediation of its own that `undoes` another."""

previews = Table(
    "previews",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("made_at", Moment, nullable=False),
    Index(None, "made_at"),
)
"""The row as a Preview saw it, sealed, for a day: what an Approval of that digest is checked
against, and what shows the difference when the row is no longer that."""

before_images = Table(
    "before_images",
    metadata,
    Column("remediation_id", String(32), primary_key=True),
    Column("data_key", LargeBinary),
    Column("sealed", LargeBinary),
    Column("digest", String(64), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("forgotten", Boolean, nullable=False, default=False),
)
"""The row before and after, under a data key of its own: destroying `data_key` forgets it, and the
journal's chain, which holds only `digest`, still verifies."""
