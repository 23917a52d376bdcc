"""A Conflict whose Event did not print its key: followed by the key that its row had."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sample_data.postgres import Database
from tests.database.test_collect import FREED, ORGANIZATION, SCHEMA, World

TOLD = {
    "the request has all of it": {"organization_id": ORGANIZATION, "email": "Jane@example.com"},
    "the request has a part of it": {"email": "Jane@example.com"},
}
OTHER = "7e0e5fa4-8d6b-4c0c-9d0f-6f1f0a4b7c55"


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    database.execute(SCHEMA)
    return World(database, tmp_path)


def unprinted(event: dict[str, Any], body: dict[str, str]) -> dict[str, Any]:
    """As a driver reports it that keeps the DETAIL to itself."""
    for value in event["exception"]["values"]:
        value["value"] = value["value"].split("\n")[0]
        value.pop("stacktrace", None)
    return event | {"request": {"method": "POST", "url": "http://shop/customers", "data": body}}


@pytest.mark.parametrize("told", TOLD)
@pytest.mark.parametrize("way", FREED)
def test_the_next_run_finds_that_it_was_freed(world: World, way: str, told: str) -> None:
    row = world.customer("jane@example.com", "1 hour")
    world.collect(unprinted(world.failed_create("jane@example.com"), TOLD[told]))
    world.database.execute(FREED[way])
    world.collect()
    (failure,) = world.failures()
    assert failure["verdict"] == "UNBLOCKED", failure["reasons"]
    assert failure["blocker"]["id"] == row


@pytest.mark.parametrize("told", TOLD)
def test_another_organizations_row_does_not_take_its_place(world: World, told: str) -> None:
    row = world.customer("jane@example.com", "1 hour")
    world.collect(unprinted(world.failed_create("jane@example.com"), TOLD[told]))
    world.database.execute(
        f"UPDATE customers SET email = 'freed@example.com'; INSERT INTO customers"
        f" (organization_id, email) VALUES ('{OTHER}', 'jane@example.com')"
    )
    world.collect()
    (failure,) = world.failures()
    assert (failure["verdict"], failure["blocker"]["id"]) == ("UNBLOCKED", row)
    done = world.tombstone("conflicts", "--json")
    (conflict,) = json.loads(done.stdout)
    assert (conflict["verdict"], conflict["organization_id"]) == ("UNBLOCKED", ORGANIZATION)


@pytest.mark.parametrize("told", TOLD)
def test_a_full_collect_does_not_forget_what_was_seen(world: World, told: str) -> None:
    row = world.customer("jane@example.com", "1 hour")
    event = unprinted(world.failed_create("jane@example.com"), TOLD[told])
    inbox = world.folder / "event.json"
    inbox.write_text(json.dumps(event))
    world.tombstone("collect", "--events", str(inbox))
    world.database.execute(FREED["released"])
    world.collect()
    world.tombstone("collect", "--events", str(inbox), "--full")
    (failure,) = world.failures()
    assert (failure["verdict"], failure["blocker"]["id"]) == ("UNBLOCKED", row)
    assert failure["conflict_id"] is not None


def test_a_failure_that_is_told_late_is_known_to_have_met_it(world: World) -> None:
    """Two requests failed; of the second we hear when the key is free."""
    row = world.customer("jane@example.com", "1 hour")
    body = TOLD["the request has all of it"]
    first, second = (unprinted(world.failed_create("jane@example.com"), body) for _ in range(2))
    world.collect(first)
    world.database.execute(FREED["released"])
    world.collect(second)
    failures = world.failures()
    assert [one["verdict"] for one in failures] == ["UNBLOCKED"] * 2
    assert {one["blocker"]["id"] for one in failures} == {row}
    assert len({one["conflict_id"] for one in failures}) == 1


def test_a_whole_key_that_nothing_holds_has_a_conflict(world: World) -> None:
    world.customer("jane@example.com", "1 hour")
    body = TOLD["the request has all of it"]
    event = unprinted(world.failed_create("jane@example.com"), body)
    world.database.execute(FREED["purged"])
    world.collect(event)
    (failure,) = world.failures()
    assert failure["verdict"] == "HOLDER_GONE"
    assert failure["conflict_id"] is not None
