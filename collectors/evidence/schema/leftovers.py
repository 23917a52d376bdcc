"""What deletions left behind and which Invariants are broken, as last asked and day by day."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Integer, String, Table

from collectors.evidence.schema.base import Moment, metadata

leftovers = Table(
    "leftovers",
    metadata,
    Column("target", String, primary_key=True),
    Column("schema_name", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("row_table", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("as_of", Moment, nullable=False),
    Column("rows", Integer),
    Column("oldest", Moment),
    Column("growth", JSON, nullable=False),
    Column("samples", JSON, nullable=False),
    Column("sampled", Float),
    Column("said", String),
)
"""One line a place (`model.Leftover`) of a table with Tombstones. `row_table` is the label of the
table whose rows are counted; `rows` NULL: nobody could count them, `said` tells why. `growth` is
[day, rows] by UTC day of deletion; of `samples` the ids, the times and the masks of the values."""

leftover_days = Table(
    "leftover_days",
    metadata,
    Column("target", String, primary_key=True),
    Column("schema_name", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("row_table", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("day", Moment, primary_key=True),
    Column("rows", Integer, nullable=False),
)
"""How many there were when they were last counted on each UTC day: the trend."""

invariants = Table(
    "invariants",
    metadata,
    Column("target", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("title", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("about", String),
    Column("sql", String, nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("state", String, nullable=False),
    Column("rows", Integer),
    Column("oldest", Moment),
    Column("samples", JSON, nullable=False),
    Column("said", String),
)
"""How each Invariant stood when it was last asked (`model.CheckedInvariant`)."""

invariant_days = Table(
    "invariant_days",
    metadata,
    Column("target", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("day", Moment, primary_key=True),
    Column("rows", Integer, nullable=False),
)
"""How many rows broke it when it was last asked on each UTC day."""
