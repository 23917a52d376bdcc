"""What only a Target knows, as last counted there: Exposure, creates and Re-creations by day."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Index, Integer, String, Table

from collectors.evidence.schema.base import Moment, metadata

surveys = Table(
    "surveys",
    metadata,
    Column("target", String, primary_key=True),
    Column("schema_name", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("topic", String, primary_key=True),
    Column("as_of", Moment, nullable=False),
    Column("covers_from", Moment),
    Column("sampled", Float),
    Column("estimated", Integer, nullable=False, default=0),
    Column("notes", JSON, nullable=False),
)
"""One line a table and topic (`exposure`, `creates`, `recreations`, `dependents`): the Snapshot's
time, how far back the days reach, and how the numbers were come by: counted (`sampled` NULL,
`estimated` 0), from a share of the rows (`sampled`, 0 to 1), or from the statistics (`estimated`).
A table that has no line was never counted: its numbers are "no data", never zero."""

exposures = Table(
    "exposures",
    metadata,
    Column("target", String, primary_key=True),
    Column("schema_name", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("constraint_name", String, primary_key=True),
    Column("organization_id", String, primary_key=True),
    Column("tombstones", Integer, nullable=False),
    Column("oldest", Moment),
    Index(None, "organization_id"),
)
"""Tombstones that hold a key a create could ask for, by key and organization. The empty
`organization_id` is the table's whole: where the organization is not known, it is the only line."""

exposure_days = Table(
    "exposure_days",
    metadata,
    Column("target", String, primary_key=True),
    Column("schema_name", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("constraint_name", String, primary_key=True),
    Column("day", Moment, primary_key=True),
    Column("tombstones", Integer, nullable=False),
)
"""The whole of each key on each day that it was counted: the trend."""

create_days = Table(
    "create_days",
    metadata,
    Column("target", String, primary_key=True),
    Column("schema_name", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("organization_id", String, primary_key=True),
    Column("day", Moment, primary_key=True),
    Column("creates", Integer, nullable=False),
    Index(None, "target", "table_name", "day"),
)
"""Rows created on each UTC day (`day` is its midnight), by organization ('' where it is not known).
Rows purged since are not among them: counts are "at least"."""

recreation_days = Table(
    "recreation_days",
    metadata,
    Column("target", String, primary_key=True),
    Column("schema_name", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("constraint_name", String, primary_key=True),
    Column("organization_id", String, primary_key=True),
    Column("day", Moment, primary_key=True),
    Column("succeeded", Integer, nullable=False),
    Index(None, "target", "table_name", "day"),
)
"""Re-creations that succeeded on each UTC day: rows whose key an older Tombstone of the same table
also has, or had and was released from, where its mark still tells."""
