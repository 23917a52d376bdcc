"""Which logins were ended on our side: a cookie alone goes on letting people in."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from collectors.evidence.schema.base import Moment, metadata

ended_logins = Table(
    "ended_logins",
    metadata,
    Column("login_id", String(64), primary_key=True),
    Column("ended_at", Moment, nullable=False),
    Index(None, "ended_at"),
)
"""`login_id` is a digest of what the identity provider signed for that one login; nobody's name."""
