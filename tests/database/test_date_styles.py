"""A day in another style, or a time of another clock, is never taken for another one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import UniqueViolation

from sample_data.postgres import Database
from tests.captured import captured
from tests.database.test_collect import World

SCHEMA = """
CREATE TABLE bookings (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now() - interval '1 year',
    day date, at timestamptz, UNIQUE (day, at)
);
INSERT INTO bookings (deleted_at, day, at) VALUES
    (now() - interval '9 days', '2026-02-01', '2026-01-01 10:00:00+00'),
    (now() - interval '9 days', '2026-01-02', '2026-01-01 10:00:00+00');
"""
"""The first of February and the second of January."""
AGAIN = "INSERT INTO bookings (day, at) VALUES (make_date(2026, 1, 2), '2026-01-01T10:00:00Z')"


@pytest.mark.parametrize(
    ("style", "verdict"),
    [
        ("ISO, MDY", "BLOCKED_BY_TOMBSTONE"),
        ("ISO, DMY", "BLOCKED_BY_TOMBSTONE"),
        ("German", "UNDECIDED"),
        ("SQL, DMY", "UNDECIDED"),
        ("SQL, MDY", "UNDECIDED"),
        ("Postgres, DMY", "UNDECIDED"),
    ],
)
def test_the_row_of_that_very_day_or_none(
    style: str, verdict: str, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    database.execute(SCHEMA)
    world = World(database, tmp_path_factory.mktemp("dates"))
    with psycopg.connect(database.dsn) as session:
        session.execute("SELECT set_config('DateStyle', %s, false)", [style])
        with pytest.raises(UniqueViolation) as failed:
            session.execute(AGAIN)
    at = datetime.now(UTC) - timedelta(minutes=5)
    summary = world.collect(captured(failed.value, environment="production", at=at))
    assert summary["by_verdict"][verdict] == 1
    (failure,) = world.failures()
    assert (failure["blocker"] or {"id": None})["id"] == (None if verdict == "UNDECIDED" else "2")
    assert any("more than one" in reason for reason in failure["reasons"]) == (
        verdict == "UNDECIDED"
    )


@pytest.mark.parametrize(
    ("zone", "told", "confidence"),
    [("UTC", False, "CERTAIN"), ("Etc/GMT-5", True, "LIKELY"), ("Etc/GMT+5", True, "CERTAIN")],
)
def test_a_deletion_dated_by_the_databases_own_clock(
    zone: str, told: bool, confidence: str, database: Database, tmp_path: Path
) -> None:
    """Kept without a zone, and the request failed an hour after it."""
    database.execute(
        f"""ALTER DATABASE "{database.name}" SET timezone = '{zone}';
        CREATE TABLE people (id int PRIMARY KEY, email text UNIQUE, deleted_at timestamp);
        SET timezone = '{zone}';
        INSERT INTO people VALUES (1, 'a@e.com', now() - interval '65 minutes')"""
    )
    world = World(database, tmp_path)
    with psycopg.connect(database.dsn) as session, pytest.raises(UniqueViolation) as failed:
        session.execute("INSERT INTO people (id, email) VALUES (2, 'a@e.com')")
    at = datetime.now(UTC) - timedelta(minutes=5)
    world.collect(captured(failed.value, environment="production", at=at))
    (failure,) = world.failures()
    assert (failure["verdict"], failure["confidence"]) == ("BLOCKED_BY_TOMBSTONE", confidence)
    assert ("without a time zone" in " ".join(failure["reasons"])) is told


@pytest.mark.parametrize("scale", [1, 1_000, 1_000_000])
@pytest.mark.parametrize(
    ("made", "verdict"),
    [("-1 hour", "LIVE_DUPLICATE"), ("0", "CONCURRENT_CREATE"), ("4 minutes", "HOLDER_GONE")],
)
def test_a_creation_kept_as_a_number(
    made: str, verdict: str, scale: int, database: Database, tmp_path: Path
) -> None:
    """Seconds, milliseconds or microseconds since 1970; so long before or after the request."""
    at = datetime.now(UTC) - timedelta(minutes=5)
    created = f"timestamptz '{at}' + interval '{made}'"
    database.execute(
        f"""CREATE TABLE people
            (id int PRIMARY KEY, email text UNIQUE, create_time bigint, deleted_at bigint);
        INSERT INTO people
        VALUES (1, 'a@e.com', {scale} * extract(epoch FROM {created}))"""
    )
    world = World(database, tmp_path)
    with psycopg.connect(database.dsn) as session, pytest.raises(UniqueViolation) as failed:
        session.execute("INSERT INTO people (id, email) VALUES (2, 'a@e.com')")
    world.collect(captured(failed.value, environment="production", at=at))
    (failure,) = world.failures()
    assert failure["verdict"] == verdict, failure["reasons"]


def test_the_rows_own_id_is_no_time_of_deletion(database: Database, tmp_path: Path) -> None:
    """Ids that hold a time of their own are as large as nanoseconds since 1970."""
    database.execute(
        """CREATE TABLE people (
            id bigint PRIMARY KEY, email text, phone text UNIQUE, deleted bigint NOT NULL DEFAULT 0,
            UNIQUE (email, deleted)
        );
        INSERT INTO people VALUES (2801234567890123456, 'a@e.com', '555', 2801234567890123456)"""
    )
    world = World(database, tmp_path)
    with psycopg.connect(database.dsn) as session, pytest.raises(UniqueViolation) as failed:
        session.execute("INSERT INTO people VALUES (2, 'a@e.com', '555')")
    world.collect(captured(failed.value, environment="production", at=datetime.now(UTC)))
    (failure,) = world.failures()
    assert (failure["verdict"], failure["confidence"]) == ("BLOCKED_BY_TOMBSTONE", "LIKELY")
    assert failure["blocker"]["deleted_at"] is None


def test_a_parent_that_was_deleted_at_some_time_of_that_day(
    database: Database, tmp_path: Path
) -> None:
    database.execute(
        """CREATE TABLE teams (id int PRIMARY KEY, deleted_on date);
        CREATE TABLE people (
            id int PRIMARY KEY, email text UNIQUE, team int NOT NULL REFERENCES teams
        );
        INSERT INTO teams VALUES (1, current_date); INSERT INTO people VALUES (1, 'a@e.com', 1)"""
    )
    world = World(database, tmp_path)
    with psycopg.connect(database.dsn) as session, pytest.raises(UniqueViolation) as failed:
        session.execute("INSERT INTO people VALUES (2, 'a@e.com', 1)")
    at = datetime.now(UTC) - timedelta(minutes=5)
    world.collect(captured(failed.value, environment="production", at=at))
    (failure,) = world.failures()
    assert failure["verdict"] == "BLOCKED_BY_LEFTOVER"
    assert "too close to tell" in failure["reasons"][0]
