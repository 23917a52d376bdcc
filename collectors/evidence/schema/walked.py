"""What the canary saw of an API."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, String, Table

from collectors.evidence.schema.base import Moment, metadata

walks = Table(
    "walks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("environment", String, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment, nullable=False),
    Column("color", String, nullable=False),
    Column("steps", JSON, nullable=False),
    Index(None, "environment", "started_at"),
)
"""One line a walk: `green`, `red` or `grey`, and each step with what the contract says of it. The
steps hold path templates and statuses, never a body."""
