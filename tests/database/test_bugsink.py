"""A real Bugsink, fed by the real SDK with failures that really happened, collected completely."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sample_data.postgres import Database
from tests.bugsink import Bugsink, bugsink
from tests.database.test_collect import SCHEMA, World

LIVE, BURST = 3, 255
"""More in one Issue than Bugsink gives in a page."""
GRANTS = [["issues_read", "projects_read"], ["issues_read", "events_read"]]


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bugsink]:
    with bugsink(tmp_path_factory.mktemp("bugsink"), ["api", "worker"], GRANTS) as running:
        yield running


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bugsink]:
    """One that nobody sends anything to, for all who only ask what it is."""
    with bugsink(tmp_path_factory.mktemp("bugsink"), ["api"], GRANTS) as running:
        yield running


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    database.execute(SCHEMA)
    return World(database, tmp_path)


def settings(server: Bugsink, **more: str) -> dict[str, str]:
    return {
        "TOMBSTONE_SENTRY__BASE_URL": server.url,
        "TOMBSTONE_SENTRY__TOKEN": server.tokens[0],
    } | more


def collect(world: World, server: Bugsink, *arguments: str, **more: str) -> dict[str, Any]:
    done = world.tombstone("collect", "--json", *arguments, **settings(server, **more))
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def judged(world: World) -> list[dict[str, Any]]:
    """Every Failure, without what only a server knows of it."""
    found = [failure | {"issue_id": None} for failure in world.failures()]
    return sorted(found, key=lambda failure: str(failure["event_id"]))


def test_everything_is_collected_once_and_judged_as_from_files(
    world: World, server: Bugsink, tmp_path_factory: pytest.TempPathFactory
) -> None:
    deleted = world.customer("jane@example.com", "1 hour")
    world.customer("live@example.com")
    one = world.failed_create("Jane@Example.com")
    blocked = [one | {"event_id": f"{n:032x}"} for n in range(1, BURST + 1)]
    live = [world.failed_create("live@example.com") for _ in range(LIVE)]
    server.send(*blocked)
    server.send(*live, project="worker")
    summary = collect(world, server)
    assert (summary["read"], summary["stored"]) == (BURST + LIVE, BURST + LIVE)
    assert summary["by_verdict"]["BLOCKED_BY_TOMBSTONE"] == BURST
    assert summary["by_verdict"]["LIVE_DUPLICATE"] == LIVE
    once = world.failures()
    assert {f["blocker"]["id"] for f in once if f["blocker"]} == {deleted}

    again = collect(world, server)
    assert (again["read"], again["stored"]) == (0, 0)
    assert world.failures() == once

    afresh = collect(world, server, "--full")
    assert (afresh["read"], afresh["stored"]) == (BURST + LIVE, 0)
    assert world.failures() == once

    files = World(world.database, tmp_path_factory.mktemp("files"))
    files.collect(*blocked, *live)
    assert judged(files) == judged(world)


def test_an_event_that_happened_long_ago_and_comes_late_is_found(
    world: World, server: Bugsink
) -> None:
    world.customer("live@example.com")
    server.send(world.failed_create("live@example.com"))
    collect(world, server)
    late = world.failed_create("live@example.com") | {"timestamp": "2026-01-01T00:00:00Z"}
    server.send(late)
    assert collect(world, server)["stored"] == 1
    assert late["event_id"] in {failure["event_id"] for failure in world.failures()}


def test_only_the_named_projects_are_read(world: World, server: Bugsink) -> None:
    world.customer("live@example.com")
    for project in ("api", "worker"):
        server.send(world.failed_create("live@example.com"), project=project)
    number = str(server.keys["api"][0])
    for named in ("worker", number):
        assert collect(world, server, TOMBSTONE_SENTRY__PROJECTS=named)["stored"] == 1
    done = world.tombstone(
        "collect", **settings(server, TOMBSTONE_SENTRY__PROJECTS="nowhere,worker")
    )
    assert done.returncode == 3
    assert "nowhere" in done.stderr


def test_a_token_that_may_only_read_issues_and_events_reads_a_numbered_project(
    world: World, server: Bugsink
) -> None:
    world.customer("live@example.com")
    server.send(world.failed_create("live@example.com"))
    named = {
        "TOMBSTONE_SENTRY__PROJECTS": str(server.keys["api"][0]),
        "TOMBSTONE_SENTRY__TOKEN": server.tokens[2],
    }
    assert collect(world, server, **named)["stored"] == 1
    done = world.tombstone("collect", **settings(server, TOMBSTONE_SENTRY__TOKEN=server.tokens[2]))
    assert done.returncode == 3
    assert "projects:read" in done.stderr


@pytest.mark.parametrize(
    ("token", "code", "said"),
    [
        (0, 0, ["Bugsink 2.6", "sentry events:read: works"]),
        (1, 0, ["Bugsink 2.6", "sentry events:read: Nothing can be read"]),
        (None, 1, ["Bugsink", "does not accept the token (401)"]),
    ],
    ids=["may do everything", "may not read events", "unknown"],
)
def test_doctor_names_it_and_what_its_token_lacks(
    world: World, empty: Bugsink, token: int | None, code: int, said: list[str]
) -> None:
    named = {"TOMBSTONE_SENTRY__TOKEN": "a" * 40 if token is None else empty.tokens[token]}
    done = world.tombstone("doctor", **settings(empty, **named))
    assert [words for words in said if words not in done.stdout] == []
    checks = [line for line in done.stdout.splitlines() if " sentry" in line]
    assert any(line.startswith("✗") for line in checks) == (code == 1)
    assert empty.tokens[0] not in done.stdout + done.stderr
