"""The scenario's record is true: every line is a real event, and the rows prove its verdict."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sample_data.postgres import Postgres
from sample_data.scenario import Play, StoryBroke, play, tokens
from sample_data.scenario.stories import CAST, shortened
from tests.database.shop_world import Shop, running

NOW = datetime.now(UTC)
ENVIRONMENTS = ("production", "sandbox")

TRUTH = """
SELECT bool_or(row.created_at < %(at)s - interval '5 seconds') AS older,
       bool_or(abs(extract(epoch FROM row.created_at - %(at)s)) < 5) AS at_once,
       bool_or(row.deleted_at <= %(at)s) AS deleted_before,
       count(*) AS there
FROM (SELECT id, created_at, {deleted_at} AS deleted_at FROM {table}) row WHERE id = %(id)s
"""
"""What the row that is said to have held the key looks like when all is over."""

PROVEN = {
    "BLOCKED_BY_TOMBSTONE": (True, False, True, 1),
    "LIVE_DUPLICATE": (True, False, None, 1),
    "CONCURRENT_CREATE": (False, True, None, 1),
    "BLOCKED_BY_LEFTOVER": (True, False, None, 1),
}


@dataclass(frozen=True, slots=True)
class Played:
    shop: Shop
    wanted: Play
    lines: list[dict[str, Any]]
    said: list[str]


@pytest.fixture(
    scope="module", params=[1, pytest.param(99, marks=pytest.mark.slow)], ids=["short", "whole"]
)
def played(
    request: pytest.FixtureRequest, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Played]:
    """The whole cast; in short, each story is told once in each era."""
    data = tmp_path_factory.mktemp("play")
    said: list[str] = []
    with running(postgres, data, ENVIRONMENTS) as shop:
        cast = shortened(CAST, request.param)
        record = data / "scenario.jsonl"
        wanted = Play(shop.url, shop.settings, NOW, record, said.append, cast)
        failures = asyncio.run(play(wanted))
        lines = [json.loads(line) for line in record.read_text().splitlines()]
        assert failures == len(lines)
        yield Played(shop, wanted, lines, said)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_every_story_left_its_failures(played: Played) -> None:
    silent = {"recreated"}
    told = {(part.environment, part.kind) for part in CAST if part.kind not in silent}
    assert {(line["environment"], line["kind"]) for line in played.lines} == told


def test_every_failure_is_one_event_at_its_very_microsecond(played: Played) -> None:
    events = Counter(
        (event["environment"], moment(event["timestamp"])) for event in played.shop.received.events
    )
    lines = Counter((line["environment"], moment(line["occurred_at"])) for line in played.lines)
    assert events == lines
    assert set(lines.values()) == {1}


def test_the_database_named_the_constraint_that_the_record_names(played: Played) -> None:
    events = {moment(event["timestamp"]): event for event in played.shop.received.events}
    for line in played.lines:
        text = json.dumps(events[moment(line["occurred_at"])]["exception"])
        named = line["constraint"]
        assert (named in text) if named else ("unique constraint" not in text), line


def test_the_rows_prove_the_verdicts(played: Played) -> None:
    for line in played.lines:
        if line["blocker_id"] is None:
            assert line["expected_verdict_now"] == ["OTHER_FAILURE"]
            continue
        older, at_once, deleted_before, there = truth(played.shop, line)
        for verdict in line["expected_verdict_now"]:
            if verdict in PROVEN:
                proof = PROVEN[verdict]
                assert (older, at_once, deleted_before or None, there) == proof, line


def test_a_holder_that_is_gone_holds_nothing(played: Played) -> None:
    gone = [line for line in played.lines if "HOLDER_GONE" in line["expected_verdict_now"]]
    query = (
        "SELECT count(*) FROM customers WHERE id = %s AND"
        " CASE %s WHEN 'customers_organization_id_external_id_key' THEN external_id IS NOT NULL"
        " ELSE email NOT LIKE 'released+%%' END"
    )
    assert {line["kind"] for line in gone} >= {"purged", "holder_removed", "email_released"}
    for line in gone:
        values = [line["blocker_id"], line["constraint"]]
        assert played.shop.databases[line["environment"]].execute(query, values) == [(0,)], line


def truth(shop: Shop, line: dict[str, Any]) -> tuple[Any, ...]:
    deleted_at = "NULL::timestamptz" if line["table"] == "idempotency_keys" else "deleted_at"
    query = TRUTH.format(table=line["table"], deleted_at=deleted_at)
    values = {"id": line["blocker_id"], "at": moment(line["occurred_at"])}
    return shop.databases[line["environment"]].execute(query, values)[0]


def test_whoever_is_unblocked_in_the_sandbox_has_a_key_that_knows_deletion(
    played: Played,
) -> None:
    unblocked = [line for line in played.lines if line["expected_verdict_now"] == ["UNBLOCKED"]]
    assert unblocked
    for line in unblocked:
        query = "SELECT indnullsnotdistinct FROM pg_index WHERE indexrelid = %s::regclass"
        database = played.shop.databases[line["environment"]]
        assert database.execute(query, [line["constraint"]]) == [(True,)]


def test_the_releases_stand_where_the_timeline_ends(played: Played) -> None:
    query = "SELECT release, mode FROM sandbox.deploys ORDER BY number DESC LIMIT 1"
    last = {e: played.shop.databases[e].execute(query)[0] for e in ENVIRONMENTS}
    assert last == {
        "production": ("shop@1.4.0", "broken"),
        "sandbox": ("shop@1.5.0", "email-fixed"),
    }


def test_everything_lies_in_the_past(played: Played) -> None:
    for environment in ENVIRONMENTS:
        for table in ("customers", "members", "subscriptions", "orders"):
            query = f"SELECT max(greatest(created_at, modified_at, deleted_at)) FROM {table}"
            assert played.shop.databases[environment].execute(query)[0][0] < NOW
    assert moment(played.lines[0]["occurred_at"]) > NOW - timedelta(weeks=8)
    assert moment(played.lines[-1]["occurred_at"]) < NOW


def test_customers_have_paid_and_merchants_have_names(played: Played) -> None:
    database = played.shop.databases["production"]
    paid = database.execute("SELECT count(DISTINCT customer_id), min(subtotal_amount) FROM orders")
    assert paid[0][0] > 300
    assert paid[0][1] > 0
    assert database.execute("SELECT count(*) FROM organizations WHERE name <> ''") == [(20,)]
    tombstones = "SELECT count(*) FROM customers WHERE deleted_at IS NOT NULL"
    assert database.execute(tombstones)[0][0] > 60


def test_people_of_the_stories_are_customers_elsewhere_too(played: Played) -> None:
    query = (
        "SELECT count(*) FROM customers gone JOIN customers other"
        " ON lower(gone.email) = lower(other.email)"
        " AND gone.organization_id <> other.organization_id"
        " WHERE gone.deleted_at IS NOT NULL AND other.deleted_at IS NULL"
    )
    assert played.shop.databases["production"].execute(query)[0][0] > 0


def test_its_tokens_open_the_doors(played: Played) -> None:
    given = tokens(played.shop.settings)
    assert [len(given[environment]) for environment in ENVIRONMENTS] == [20, 12]
    for environment in ENVIRONMENTS:
        token = given[environment]["blue-harbour"]
        answer = played.shop.list_customers(token)
        assert answer["total"] > 10


def test_the_record_holds_nobodys_address(played: Played) -> None:
    text = played.wanted.record_path.read_text()
    assert "@" not in text
    for (external_id,) in played.shop.databases["production"].execute(
        "SELECT external_id FROM customers WHERE length(external_id) >= 12"
    ):
        assert external_id not in text


def test_a_second_play_on_the_same_databases_is_refused(played: Played) -> None:
    with pytest.raises(StoryBroke, match="is not empty"):
        asyncio.run(play(played.wanted))
