"""Failures counted by day and customer, so that no page of the dashboard reads them one by one."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, String, Table

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

failed_recreation_days = Table(
    "failed_recreation_days",
    metadata,
    Column("day", Moment, primary_key=True),
    Column("environment", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("constraint_name", String, primary_key=True),
    Column("any_release", Boolean, primary_key=True),
    Column("release", String, primary_key=True),
    Column("customers", Integer, nullable=False),
)
"""Re-creations that failed on each UTC day: Conflicts with a create that a Tombstone stood in the
way of, each once a day however often it was tried. A line of `any_release` counts them whatever the
release, the others once in each; they do not add up to it. Triggers keep it (revision 0004)."""

release_customers = Table(
    "release_customers",
    metadata,
    Column("last_day", Moment, primary_key=True),
    Column("environment", String, primary_key=True),
    Column("constraint_name", String, primary_key=True),
    Column("release", String, primary_key=True),
    Column("customers", Integer, nullable=False),
)
"""Customers (Conflicts) that this bug hurt in a release, by the day of their newest Failure in it:
those of a period that ends now are the sum of its days. Triggers keep it (revision 0004)."""

customer_days = Table(
    "customer_days",
    metadata,
    Column("day", Moment, primary_key=True),
    Column("environment", String, primary_key=True),
    Column("constraint_name", String, primary_key=True),
    Column("began", Integer, nullable=False),
    Column("ended", Integer, nullable=False),
)
"""Customers (with an `outcome`) whose first Failure was on each UTC day, and those freed on it.
Triggers on `conflicts` keep it (revision 0006)."""
