"""The demo: true to its own record, private, and harmless to stop in the middle."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo, Stage, stop_demo


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def moment(line: dict[str, Any]) -> tuple[str, str]:
    """What tells one failing request from nearly every other: the scenario sets the clock.

    To the second: that is how Sentry's rows tell it, where a row was enough.
    """
    return line["environment"], line["occurred_at"][: len("2026-11-22T09:30:05")]


def test_the_verdicts_agree_with_what_the_scenario_did_to_whom(demo: Demo) -> None:
    record = lines((demo.data / "scenario.jsonl").read_text())
    done = demo.tombstone("failures", "--json")
    assert done.returncode == 0, done.stderr
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for failure in lines(done.stdout):
        found.setdefault(moment(failure), []).append(failure)
    wrong = [
        (told["kind"], told["expected_verdict_now"], found.get(moment(told)))
        for told in record
        if not any(agrees(told, failure) for failure in found.get(moment(told), ()))
    ]
    assert wrong == []
    assert sum(map(len, found.values())) == len(record)
    kinds = Counter(told["kind"] for told in record)
    assert len(kinds) >= 12
    assert sum(kinds.values()) >= 300


def agrees(told: dict[str, Any], failure: dict[str, Any]) -> bool:
    """The Verdict is one that the scenario allows, and nobody but the true row is blamed."""
    blocker = failure["blocker"]
    if failure["verdict"] in ("BLOCKED_BY_TOMBSTONE", "BLOCKED_BY_LEFTOVER"):
        row_is_right = blocker is not None and blocker["id"] == told["blocker_id"]
    else:
        row_is_right = blocker is None or blocker["id"] == told["blocker_id"]
    return failure["verdict"] in told["expected_verdict_now"] and row_is_right


def test_every_conflict_of_the_json_has_all_keys(demo: Demo) -> None:
    done = demo.tombstone("conflicts", "--json")
    conflicts = json.loads(done.stdout)
    assert conflicts
    for conflict in conflicts:
        assert len(conflict["masked_key"]) == len(conflict["columns"])
        assert conflict["failures"] >= 1
        assert conflict["first_seen"].endswith("Z")


def test_no_address_and_no_long_identifier_stands_in_the_store_in_clear(demo: Demo) -> None:
    values = set(personal_values(demo))
    assert len(values) > 2_000
    held = b"".join(path.read_bytes() for path in (demo.data / "store").iterdir()).lower()
    assert [value for value in values if value.lower().encode() in held] == []


def personal_values(demo: Demo) -> Iterator[str]:
    """Every address, and every external ID of 12 characters or more, alive, deleted or released."""
    config = tomllib.loads((demo.data / "tombstone.toml").read_text())
    for target in config["targets"].values():
        with psycopg.connect(target["read_dsn"]) as connection:
            rows = connection.execute(
                "SELECT email, external_id, user_metadata->>'__external_id' FROM customers "
                "UNION ALL SELECT email, NULL, NULL FROM members"
            )
            for email, *identifiers in rows:
                if "@tombstone.invalid" not in email and "@anonymized.invalid" not in email:
                    yield email
                yield from (one for one in identifiers if one and len(one) >= 12)


def test_doctor_finds_everything_in_order(demo: Demo) -> None:
    done = demo.tombstone("doctor")
    assert done.returncode == 0, done.stdout
    assert "can only read" in done.stdout


def test_ctrl_c_stops_everything_and_the_next_start_uses_what_was_played(
    demo: Demo, stage: Stage
) -> None:
    processes = children(demo.process.pid)
    assert set(processes) == {"postgres", "sentry", "api", "dashboard", "follow"}
    assert stop_demo(demo) == 0
    assert not any(alive(pid) for pid in processes.values())

    played = (demo.data / "scenario.done").stat().st_mtime_ns
    as_an_older_version_left_it(demo.data / "store" / "tombstone.sqlite")
    again = stage.running()
    assert again.tombstone("conflicts").returncode == 0
    assert (again.data / "scenario.done").stat().st_mtime_ns == played
    assert again.said["tokens"] == demo.said["tokens"]


def as_an_older_version_left_it(store: Path) -> None:
    """What 0008 does it can do twice."""
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0007'")


def children(pid: int) -> dict[str, int]:
    """The demo's own processes, by what they are."""
    names = {
        "sample_data.sentry": "sentry",
        "sample_data.api": "api",
        "dashboard": "dashboard",
        "follow": "follow",
    }
    found: dict[str, int] = {}
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            command = (process / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if parent == pid:
            name = next((names[word] for word in command if word in names), "postgres")
            found[name] = int(process.name)
    return found


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_what_is_stopped_in_the_middle_is_named_and_the_rest_goes_on(
    demo: Demo, page: Page
) -> None:
    processes = children(demo.process.pid)
    os.kill(processes["follow"], signal.SIGKILL)
    os.kill(processes["sentry"], signal.SIGKILL)
    hasty = {"TOMBSTONE_SENTRY__PATIENCE_S": "2"}
    done = demo.tombstone("collect", "--json", **hasty)
    assert done.returncode == 3
    assert json.loads(done.stdout)["unreachable"]
    assert demo.tombstone("failures", "--json").returncode == 0

    os.kill(processes["postgres"], signal.SIGINT)
    wait_until(lambda: not alive(processes["postgres"]))
    page.goto(demo.dashboard)
    page.get_by_label("Paste a ticket").fill("jane@example.com")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("Target 'production'").first).to_be_visible()
    done = demo.tombstone("doctor", **hasty)
    assert done.returncode == 3
    assert "unreachable" not in done.stderr


def test_a_killed_demo_leaves_nothing_that_blocks_the_next_start(demo: Demo, stage: Stage) -> None:
    processes = children(demo.process.pid)
    stop_demo(demo, signal.SIGKILL)
    wait_until(lambda: not any(alive(pid) for pid in processes.values()))
    assert stage.running().tombstone("failures", "--json").returncode == 0


def wait_until(condition: Any, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
