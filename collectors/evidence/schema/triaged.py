"""Which tickets a Conflict was met in."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from collectors.evidence.schema.base import Moment, metadata

conflict_tickets = Table(
    "conflict_tickets",
    metadata,
    Column("conflict_id", String(16), primary_key=True),
    Column("ticket", String(100), primary_key=True),
    Column("actor", String, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "ticket"),
)
"""A ticket's reference, never its text."""
