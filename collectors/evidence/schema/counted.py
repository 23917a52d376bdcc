"""Failures counted by day, so that no page of the dashboard reads them one by one."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from collectors.evidence.schema.base import Moment, metadata

failure_days = Table(
    "failure_days",
    metadata,
    Column("day", Moment, primary_key=True),
    Column("environment", String, primary_key=True),
    Column("constraint_name", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("operation", String, primary_key=True),
    Column("release", String, primary_key=True),
    Column("verdict", String, primary_key=True),
    Column("failures", Integer, nullable=False),
)
"""How many Failures of each UTC day (`day` is its midnight) are of each kind; '' is "not known".

Triggers on `failures` keep it (revision 0003), so no writer can forget to: a Verdict that changes
moves its Failure from one line to another, and a line may come down to zero. Organizations are no
part of it: they are many, and one organization's Failures are few enough to be counted afresh."""
