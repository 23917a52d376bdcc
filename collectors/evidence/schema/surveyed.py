"""What only a Target knows, as last counted there: Exposure, creates and Re-creations by day."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Index, Integer, String, Table

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
    Column("estimated", Boolean, nullable=False, default=False),
    Column("by_organization", Boolean, nullable=False, default=False),
    Column("notes", JSON, nullable=False),
)
"""One line a table and topic (`model.Topic`): the Snapshot's time, how far back the days reach,
whether the numbers are told by organization too, and how they were come by: counted (`sampled`
NULL, not `estimated`), from a share of the rows (`sampled`, 0 to 1), or from the statistics. A
table that has no line was never counted: its numbers are "no data", never zero."""

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
    Column("askable", Boolean, nullable=False, default=True),
    Index(None, "organization_id"),
)
"""Tombstones that hold a key against a create, by key and organization. The empty `organization_id`
is the table's whole: where the organization is not known, it is the only line. The empty
`constraint_name` is any key whose values can be asked for again (`askable`), each row once."""

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
"""The whole of each key (empty: of any askable one) on each day that it was counted: the trend."""

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
also has, or had and keeps elsewhere. One key counts once a day; the empty `constraint_name` is any
of the table's keys, each customer once."""

counted_days = Table(
    "counted_days",
    metadata,
    Column("target", String, primary_key=True),
    Column("schema_name", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("topic", String, primary_key=True),
    Column("constraint_name", String, primary_key=True),
    Column("day", Moment, primary_key=True),
    Column("counted", Integer, nullable=False),
)
"""The creates and Re-creations of both, of all organizations together: what most pages ask for."""

organizations = Table(
    "organizations",
    metadata,
    Column("target", String, primary_key=True),
    Column("organization_id", String, primary_key=True),
    Column("name", String, nullable=False),
)
"""What the organizations of a Target are called: names of businesses, from the mapped table."""

dependents = Table(
    "dependents",
    metadata,
    Column("target", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("row_id", String, primary_key=True),
    Column("child_table", String, primary_key=True),
    Column("rows", Integer, nullable=False),
    Column("live", Integer),
    Column("counted_at", Moment, nullable=False),
)
"""What refers to a Tombstone that blocks somebody, by table: all `rows`, and the `live` ones (NULL
where neither marker nor mapping tells). `table_name` and `child_table` are labels."""

payments = Table(
    "payments",
    metadata,
    Column("target", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("row_id", String, primary_key=True),
    Column("currency", String, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("days", Integer, nullable=False),
    Column("counted_at", Moment, nullable=False),
)
"""What was paid through such a Tombstone in the `days` before it was deleted, in the smallest unit
of each currency ('' where none is told). No line: nothing was paid, if `surveys` says that the
table's `payments` were counted, and `dependents` that this row was among them."""
