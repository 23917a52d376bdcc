"""Many remediations under one Approval: the bulk, its batches, its rows.

What a batch will do stands here from the Preview on, so a bulk that was cut off goes on where it
was: each batch is one transaction of the Target, and its line says how far that came.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from collectors.evidence.schema.base import Moment, metadata

bulks = Table(
    "bulks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("remedy", String, nullable=False),
    Column("target", String, nullable=False),
    Column("undoes", String(32)),
    Column("state", String, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("actor", String),
    Column("role", String),
    Column("reason", String),
    Column("ticket", String),
    Column("owner", String),
    Column("approved_at", Moment),
    Column("finished_at", Moment),
    Column("said", String),
    Index(None, "state", "made_at"),
)
"""`state` is `previewed`, `running`, `stopped` (by its error rate, by a person or a crash; it can
go on) or `done`. `undoes` is the bulk that this one takes back. `said` is why it stopped."""

bulk_batches = Table(
    "bulk_batches",
    metadata,
    Column("bulk_id", String(32), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", String, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("sealed", LargeBinary),
    Column("xid", String),
    Index(None, "state"),
)
"""`state` is `waiting`, `running`, `applied` or `refused`; it runs from the moment that `xid`, the
Target's transaction, is about to be committed. `sealed` is what it writes, kept for a day."""

bulk_rows = Table(
    "bulk_rows",
    metadata,
    Column("remediation_id", String(32), primary_key=True),
    Column("bulk_id", String(32), nullable=False),
    Column("batch", Integer),
    Column("number", Integer, nullable=False),
    Column("conflict_id", String(16), nullable=False),
    Column("table_name", String, nullable=False),
    Column("row_id", String, nullable=False),
    Column("slot", String, nullable=False),
    Column("digest", String(64)),
    Column("undoes", String(32)),
    Column("state", String, nullable=False),
    Column("code", String),
    Column("said", String),
    Column("image_digest", String(64)),
    Index(None, "bulk_id", "batch", "number"),
    Index(None, "conflict_id", "bulk_id"),
)
"""`state` is `planned`, `refused` or `failed`; a planned row is applied once its batch is, so that
not every row is written again for it. Without a `batch` the Preview refused it. The image that
`image_digest` is of was sealed by the Preview."""
