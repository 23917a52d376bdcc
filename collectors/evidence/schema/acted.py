"""What was done: the journal, the remediations, what they need to be previewed and undone."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from collectors.evidence.schema.base import Moment, metadata

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
    Column("bulk_id", String(32)),
    UniqueConstraint("open_slot"),
    Index(None, "conflict_id", "started_at"),
    Index(None, "slot", "started_at"),
    Index(None, "state", "started_at"),
)
"""Where each remediation stands: `running`, `applied`, `refused`, `failed`, `undone`, `looked-at`.

`slot` names the row of its Target; `open_slot` is the same while a plan for it is running, and NULL
after: no two of them can be in flight for one row. `owner` is the process that runs it, `xid` the
Target's transaction, known from just before its COMMIT. `code` and `said` are the Refusal, or what
must be looked at. An undo is a remediation of its own that `undoes` another. One that was part of a
bulk has its `bulk_id`, and stands here from the moment it was applied."""

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
