"""What the schema audit found: each Finding as last seen, and how it stood day by day."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table

from collectors.evidence.schema.base import Moment, metadata

audits = Table(
    "audits",
    metadata,
    Column("target", String, primary_key=True),
    Column("as_of", Moment, nullable=False),
)
"""When each Target was last audited. One without a line never was: "no data", not "no Finding"."""

findings = Table(
    "findings",
    metadata,
    Column("target", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("constraint_name", String, primary_key=True),
    Column("rule", String, primary_key=True),
    Column("severity", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("exposed_rows", Integer),
    Column("failures", Integer),
    Column("migration_sql", String),
    Column("migration_alembic", String),
    Column("accepted", String),
    Column("look_again", String),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("gone_at", Moment),
    Column("backfill_sql", String),
    Column("backfill_alembic", String),
    Index(None, "target", "gone_at"),
)
"""One line a Finding for ever: `gone_at` is the first audit that did not find it any more. Where
somebody accepted it, `accepted` is their reason and `look_again` the day (2027-06-01)."""

finding_days = Table(
    "finding_days",
    metadata,
    Column("target", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("constraint_name", String, primary_key=True),
    Column("rule", String, primary_key=True),
    Column("day", Moment, primary_key=True),
    Column("severity", String, nullable=False),
    Column("exposed_rows", Integer),
    Column("failures", Integer),
)
"""The same as it stood in the last audit of each UTC day: the trend."""
