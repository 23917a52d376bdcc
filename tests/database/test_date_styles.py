"""A day that a session prints in its own style is never taken for another day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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
