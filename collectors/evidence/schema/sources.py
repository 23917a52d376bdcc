"""What the sources list, and how far they were read: Issues, releases, Runs, Cursors."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, Integer, String, Table, false

from collectors.evidence.schema.base import Moment, metadata

issues = Table(
    "issues",
    metadata,
    Column("issue_id", String, primary_key=True),
    Column("project", String),
    Column("title", String, nullable=False),
    Column("status", String),
    Column("substatus", String),
    Column("first_seen", Moment),
    Column("last_seen", Moment),
    Column("count", Integer),
    Column("url", String),
    Column("asked_at", Moment),
    Column("gone_at", Moment),
    Column("merged_into", String),
    Index(None, "gone_at", "asked_at"),
)
"""Sentry's Issues as last listed; `asked_at` is when one was last asked for by itself. One that was
deleted there stays, with `gone_at`; one that was merged into another names that."""

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("read", Integer, nullable=False),
    Column("stored", Integer, nullable=False),
    Column("unreachable", JSON, nullable=False),
    Column("notes", JSON, nullable=False),
    Column("environment", String),
    Column("whole", Boolean, nullable=False, server_default=false()),
)
"""One line a Run, of one environment or of all. `whole`: no source kept anything back, so that what
was not read until it began had not failed."""

cursors = Table(
    "cursors",
    metadata,
    Column("source", String, primary_key=True),
    Column("cursor", String, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

passed_events = Table(
    "passed_events",
    metadata,
    Column("event_id", String(32), primary_key=True),
    Column("at", Moment, nullable=False),
    Index(None, "at"),
)
"""Events that are no Failures by their row or body, while a list may show them again."""

coverages = Table(
    "coverages",
    metadata,
    Column("source", String, primary_key=True),
    Column("project", String, primary_key=True),
    Column("read", Integer, nullable=False),
    Column("total", Integer),
    Column("missing", Integer, nullable=False),
    Column("covered_from", Moment),
    Column("noted_at", Moment, nullable=False),
)
"""How much of a project's Events was read: see `Coverage`."""

releases = Table(
    "releases",
    metadata,
    Column("version", String, primary_key=True),
    Column("project", String, primary_key=True),
    Column("created_at", Moment),
    Column("released_at", Moment),
    Column("first_event", Moment),
    Column("last_event", Moment),
    Column("deploys", Integer, nullable=False),
    Index(None, "created_at"),
)
"""Releases as Sentry lists them, a line a project. `deploys`: how many we have read."""

deploys = Table(
    "deploys",
    metadata,
    Column("version", String, primary_key=True),
    Column("environment", String, primary_key=True),
    Column("finished_at", Moment, primary_key=True),
    Index(None, "environment", "finished_at"),
)
"""When a release went live in an environment."""
