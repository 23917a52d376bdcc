"""A cured key that fails again is open again by itself; what failed before the cure is not news."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from sample_data.postgres import Database, Postgres
from tests.database.test_collect import SCHEMA, World


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    database.execute(SCHEMA)
    return World(database, tmp_path)


def conflict(world: World) -> dict[str, Any]:
    done = world.tombstone("conflicts", "--json")
    (found,) = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def cure(world: World) -> None:
    writer = {"TOMBSTONE_TARGETS__PRODUCTION__WRITE_DSN": world.database.dsn}
    arguments = ("--remedy", "release-key", "--apply", "--reason", "a ticket", "--json")
    done = world.tombstone("remediate", conflict(world)["id"], *arguments, **writer)
    assert json.loads(done.stdout)["outcome"] == "Applied", done.stdout + done.stderr


def an_hour_passes(world: World) -> None:
    world.age_the_looks()
    with closing(sqlite3.connect(world.folder / "store.sqlite")) as store, store:
        for column in ("released_at", "settled_at"):
            store.execute(f"UPDATE conflicts SET {column} = {column} - 3600 * 1000000")


def test_a_failure_after_the_cure_opens_the_conflict_again(world: World) -> None:
    world.customer("jane@example.com", "3 hours")
    world.collect(world.failed_create("jane@example.com"))
    cure(world)
    assert conflict(world)["verdict"] == "UNBLOCKED"
    an_hour_passes(world)
    second = world.customer("jane@example.com", "30 minutes")
    world.collect(world.failed_create("jane@example.com"))
    found = conflict(world)
    assert (found["verdict"], found["blocker"]["id"]) == ("BLOCKED_BY_TOMBSTONE", second)
    verdicts = sorted(failure["verdict"] for failure in world.failures())
    assert verdicts == ["BLOCKED_BY_TOMBSTONE", "UNBLOCKED"]


def test_a_failure_from_before_the_cure_that_comes_late_does_not(world: World) -> None:
    world.customer("jane@example.com", "3 hours")
    event = world.failed_create("jane@example.com")
    world.collect(event)
    cure(world)
    world.collect(event | {"event_id": "1a7e" * 8})
    found = conflict(world)
    assert (found["verdict"], found["failures"]) == ("UNBLOCKED", 2)
    assert {failure["verdict"] for failure in world.failures()} == {"UNBLOCKED"}


def test_a_failure_after_the_cure_that_met_a_live_row_is_not_blocked(world: World) -> None:
    world.customer("jane@example.com", "3 hours")
    world.collect(world.failed_create("jane@example.com"))
    cure(world)
    an_hour_passes(world)
    world.customer("jane@example.com")
    world.collect(world.failed_create("jane@example.com"))
    assert conflict(world)["verdict"] != "BLOCKED_BY_TOMBSTONE"
    assert not [f for f in world.failures() if f["verdict"] == "BLOCKED_BY_TOMBSTONE"]


@pytest.fixture(params=["another server", "the same server"])
def beside(
    request: pytest.FixtureRequest, postgres: Postgres, tmp_path: Path
) -> Iterator[Postgres]:
    """Where a dump is loaded into a database of its own."""
    if request.param == "the same server":
        yield postgres
        return
    with Postgres.start(tmp_path / "other") as server:
        yield server


def test_what_was_unblocked_is_asked_about_again_where_its_database_was_restored(
    world: World, beside: Postgres
) -> None:
    """To before the cure: the key is held again, and no Event says so."""
    world.customer("jane@example.com", "3 hours")
    world.collect(world.failed_create("jane@example.com"))
    beside.create_database(name := f"restored_{uuid4().hex}")
    try:
        restored = replace(world, database=Database(name, beside.dsn(name)))
        restored.database.execute(SCHEMA)
        _copy_customers(world.database, restored.database)
        cure(world)
        world.collect()
        an_hour_passes(world)
        assert "was restored" not in world.notes()
        assert conflict(world)["verdict"] == "UNBLOCKED"

        said = restored.notes()

        assert "Target production was restored, or another server or database took" in said
        assert conflict(restored)["verdict"] == "BLOCKED_BY_TOMBSTONE"
        assert {failure["verdict"] for failure in world.failures()} == {"BLOCKED_BY_TOMBSTONE"}
        assert "was restored" not in restored.notes()
    finally:
        beside.drop_database(name)


def _copy_customers(source: Database, target: Database) -> None:
    with psycopg.connect(source.dsn) as of, psycopg.connect(target.dsn) as to:
        with of.cursor().copy("COPY customers TO STDOUT") as read:
            rows = b"".join(bytes(part) for part in read)
        with to.cursor().copy("COPY customers FROM STDIN") as write:
            write.write(rows)
