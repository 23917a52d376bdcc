"""What a Run keeps of Issues, releases and unmapped environments, and what it asks again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import HttpUrl, SecretStr
from sqlalchemy import event

from collectors.evidence.database import Store
from collectors.evidence.reads.covered import covered
from collectors.evidence.reads.failures import FailureRow, list_failures
from collectors.evidence.reads.followup import undecided_failures
from collectors.evidence.reads.marks import coverage_marks
from collectors.evidence.reads.releases import list_deploys, list_releases
from collectors.evidence.reads.unmapped import unmapped_environments
from collectors.evidence.store import known_events
from collectors.pipeline import RunSummary, run
from collectors.settings import SentrySettings, Settings, TargetSettings
from sample_data.sentry.trouble import Fault, Kind
from tests.factories import new_store
from tests.http.serving import SentryOfTest, event_body, local_sentry

HOLDS = (
    'duplicate key value violates unique constraint "k"\n'
    "DETAIL:  Key (email)=(a@b.c) already exists."
)


@dataclass
class Watched:
    """A local Sentry, and a store that collects from it; no Target."""

    sentry: SentryOfTest
    store: Store

    def collect(
        self,
        targets: Mapping[str, TargetSettings] | None = None,
        environment: str | None = None,
        **settings: Any,
    ) -> RunSummary:
        self.sentry.served.take_calls()
        address = self.sentry.address
        sentry = SentrySettings(
            base_url=HttpUrl(address.url),
            token=SecretStr(address.token),
            organization=address.organization,
            **settings,
        )
        known = Settings(sentry=sentry, targets=dict(targets or {}))
        return run(known, self.store, environment=environment)

    def failures(self) -> dict[str, FailureRow]:
        return {one.event_id: one for one in list_failures(self.store)}

    def issue(self, issue_id: str) -> sqlite3.Row:
        with closing(sqlite3.connect(str(self.store.engine.url.database))) as connection:
            connection.row_factory = sqlite3.Row
            query = "SELECT * FROM issues WHERE issue_id = ?"
            row: sqlite3.Row = connection.execute(query, (issue_id,)).fetchone()
        return row


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with local_sentry("api") as sentry, closing(new_store(tmp_path)) as store:
        yield Watched(sentry, store)


def old(group: str, days: float = 3, **fields: Any) -> dict[str, Any]:
    """An event that no list of recent Issues shows again."""
    return event_body(group, minutes_ago=days * 1440, **fields)


@pytest.mark.parametrize("status", ["resolved", "ignored"])
def test_a_status_that_changed_without_an_event_is_noticed(watched: Watched, status: str) -> None:
    watched.sentry.send(old("a"))
    watched.collect()
    assert watched.issue("1")["status"] == "unresolved"
    watched.sentry.store.set_status(1, status, None)
    watched.collect()
    assert watched.issue("1")["status"] == status
    watched.sentry.store.set_status(1, "unresolved", "regressed")
    watched.collect()
    assert (watched.issue("1")["status"], watched.issue("1")["substatus"]) == (
        "unresolved",
        "regressed",
    )


def test_a_deleted_issue_leaves_what_we_have(watched: Watched) -> None:
    event = watched.sentry.send(old("a"))
    watched.collect()
    watched.sentry.store.delete_issue(1)
    watched.collect()
    assert watched.issue("1")["gone_at"] is not None
    assert watched.issue("1")["title"]
    assert watched.failures()[event].issue_id == "1"
    watched.collect()
    assert not any("/issues/1/" in call for call in watched.sentry.served.take_calls())


def test_the_failures_of_a_merged_issue_follow_it(watched: Watched) -> None:
    moved = watched.sentry.send(old("a"))
    watched.sentry.send(old("b"))
    watched.collect()
    watched.sentry.store.merge_issue(1, 2)
    watched.collect()
    assert watched.issue("1")["merged_into"] == "2"
    assert watched.failures()[moved].issue_id == "2"


def test_a_recent_event_that_changed_its_issue_is_moved_without_its_body(watched: Watched) -> None:
    moved = watched.sentry.send(event_body("a"))
    watched.sentry.send(event_body("b"))
    watched.collect(light_rows=False)
    watched.sentry.store.merge_issue(1, 2)
    watched.collect(light_rows=False)
    calls = watched.sentry.served.take_calls()
    assert watched.failures()[moved].issue_id == "2"
    assert not any(moved in call or "full=true" in call for call in calls)


def test_releases_and_deploys_are_kept(watched: Watched) -> None:
    sentry = watched.sentry
    sentry.send(event_body("a", release="shop@1.0", minutes_ago=90))
    sentry.send(event_body("a", release="shop@2.0", minutes_ago=10))
    live = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=80)
    sentry.store.add_deploy("shop@1.0", "production", live.timestamp())
    watched.collect()
    assert [one.version for one in list_releases(watched.store)] == ["shop@2.0", "shop@1.0"]
    assert list_releases(watched.store)[1].projects == ("api",)
    assert [(d.version, d.finished_at) for d in list_deploys(watched.store)] == [("shop@1.0", live)]
    later = live + timedelta(minutes=75)
    sentry.store.add_deploy("shop@2.0", "production", later.timestamp())
    watched.collect()
    deploys = list_deploys(watched.store, ["production"])
    assert [deploy.version for deploy in deploys] == ["shop@1.0", "shop@2.0"]
    watched.collect()
    assert not any("/deploys/" in call for call in sentry.served.take_calls())


def test_a_release_whose_deploys_are_not_there_hides_no_other_one_s(watched: Watched) -> None:
    """It may have been deleted since it was listed, or have a name that no address takes."""
    sentry, live = watched.sentry, datetime.now(UTC).replace(microsecond=0)
    for minutes, version in ((9, "shop@1.0"), (5, "shop@2.0"), (1, "shop@3.0")):
        sentry.send(event_body("a", minutes_ago=minutes, release=version))
        sentry.store.add_deploy(version, "production", live.timestamp())
    sentry.server.order([Fault(Kind.GONE, on=r"2\.0/deploys/")])
    assert watched.collect().notes == []
    found = {deploy.version for deploy in list_deploys(watched.store)}
    assert found == {"shop@1.0", "shop@3.0"}


def test_a_project_s_own_environment_is_told_of_its_failures_and_deploys(watched: Watched) -> None:
    watched.sentry.send(event_body("a", release="shop@1.0"))
    live = datetime.now(UTC).replace(microsecond=0)
    watched.sentry.store.add_deploy("shop@1.0", "production", live.timestamp())
    nobody = TargetSettings(
        read_dsn=SecretStr("host=127.0.0.1 port=1"), environments=("api/production",)
    )
    watched.collect({"api": nobody})
    assert [one.environment for one in watched.failures().values()] == ["api/production"]
    assert [one.environment for one in list_deploys(watched.store)] == ["api/production"]


def test_releases_that_may_not_be_read_cost_a_note(watched: Watched) -> None:
    watched.sentry.send(event_body("a"))
    token = watched.sentry.store.add_token("event:read org:read")
    object.__setattr__(watched.sentry.address, "token", token)
    summary = watched.collect()
    assert summary.stored == 1
    assert summary.unreachable == {}
    assert any("Releases" in note and "project:read" in note for note in summary.notes)


def test_environments_without_a_target_are_counted(watched: Watched) -> None:
    for environment in ("staging", "staging", "demo"):
        watched.sentry.send(event_body("a", environment=environment))
    watched.collect()
    counted = unmapped_environments(watched.store)
    assert [(one.environment, one.failures) for one in counted] == [("staging", 2), ("demo", 1)]


def test_what_waits_for_a_target_is_read_only_once_there_is_one(watched: Watched) -> None:
    exception = {"values": [{"type": "E", "value": HOLDS}]}
    event = watched.sentry.send(event_body("a", exception=exception))
    watched.collect()
    assert list(undecided_failures(watched.store, lambda _: False)) == []
    (waiting,) = undecided_failures(watched.store, lambda name: name == "production")
    assert waiting.failure.event_id == event


def test_an_event_that_is_no_failed_write_is_passed_over_for_good(watched: Watched) -> None:
    exception = {"values": [{"type": "ZeroDivisionError", "value": "division by zero"}]}
    noise = watched.sentry.send(event_body("a", exception=exception, transaction="GET /health"))
    kept = watched.sentry.send(event_body("a"))
    summary = watched.collect(light_rows=False)
    assert (summary.read, summary.stored) == (2, 1)
    assert set(watched.failures()) == {kept}
    assert set(known_events(watched.store, [noise, kept])) == {noise, kept}
    watched.sentry.send(event_body("a"))
    watched.collect(light_rows=False)
    assert not any(noise in call for call in watched.sentry.served.take_calls())


def test_the_mark_of_a_cut_backlog_is_kept_until_it_is_read(watched: Watched) -> None:
    for n in range(330):
        watched.sentry.send(event_body(f"issue {n}", minutes_ago=n))
    summary = watched.collect(most_events=100)
    (mark,) = coverage_marks(watched.store)
    assert mark.cuts
    assert (mark.coverage.read, mark.coverage.total) == (summary.read, 330)
    assert any("of 330 Events" in note for note in summary.notes)
    for _ in range(4):
        watched.collect(most_events=100)
    (mark,) = coverage_marks(watched.store)
    assert not mark.cuts
    assert len(watched.failures()) == 200  # a page of them
    watched.collect()
    assert watched.sentry.served.take_calls()


def test_a_run_with_nothing_new_costs_a_handful_of_calls(watched: Watched) -> None:
    for n in range(250):
        watched.sentry.send(old(f"issue {n}", days=2 + n / 100))
    watched.collect()
    assert watched.collect().stored == 0
    assert len(watched.sentry.served.take_calls()) <= 6


def test_only_a_whole_run_shows_that_nothing_failed_until_it_began(watched: Watched) -> None:
    for environment in ("production", "staging"):
        watched.sentry.send(event_body("a", environment=environment))
    watched.collect()
    until = covered(watched.store).until
    assert until is not None
    watched.sentry.server.order([Fault(Kind.HTML)])
    assert watched.collect().unreachable
    assert covered(watched.store).until == until
    watched.sentry.server.order([])
    watched.collect(environment="production")
    assert covered(watched.store).until == covered(watched.store, ["staging"]).until == until
    later = covered(watched.store, ["production"]).until
    assert later is not None
    assert later > until


def test_an_idle_run_reads_no_table_of_the_history_through(watched: Watched) -> None:
    watched.sentry.send(event_body("a", exception={"values": [{"type": "E", "value": HOLDS}]}))
    watched.collect()
    asked: list[tuple[str, Any]] = []
    keep = lambda _c, _cursor, statement, values, *_: asked.append((statement, values))  # noqa: E731
    event.listen(watched.store.engine, "before_cursor_execute", keep)
    watched.collect()
    event.remove(watched.store.engine, "before_cursor_execute", keep)
    plans = []
    with closing(sqlite3.connect(str(watched.store.engine.url.database))) as connection:
        for statement, values in asked:
            if statement.startswith(("SELECT", "UPDATE", "DELETE")) and not isinstance(
                values, list
            ):
                steps = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
                plans += [(step[3], statement) for step in steps]
    assert len(plans) > 10
    scans = ("SCAN failures", "SCAN conflicts", "SCAN verdict_history")
    through = [(step, sql) for step, sql in plans if step in scans]
    assert through == []


@pytest.mark.parametrize(
    ("value", "verdict"),
    [("boom", "UNDECIDED"), (HOLDS, "UNDECIDED")],
    ids=["a row that tells nothing", "a row that tells the whole key"],
)
def test_an_event_whose_body_is_gone_is_kept_as_its_row_tells_it(
    watched: Watched, value: str, verdict: str
) -> None:
    exception = {"values": [{"type": "E", "value": value}]}
    body = event_body("a", exception=exception, transaction="shop.customer.create")
    sent = watched.sentry.send(body)
    watched.sentry.store.event = lambda *_: None  # type: ignore[method-assign]
    summary = watched.collect()
    assert summary.unreachable == {}
    failure = watched.failures()[sent]
    assert failure.verdict == verdict
    assert ("not to be had" in failure.reasons[0]) is (value == "boom")


@pytest.mark.parametrize(
    "kind", [Kind.ERROR, Kind.HTML, Kind.CUT_JSON, Kind.EMPTY], ids=lambda kind: kind.name
)
def test_a_body_that_does_not_come_keeps_back_nothing_else(watched: Watched, kind: Kind) -> None:
    exception = {"values": [{"type": "E", "value": "boom"}]}
    body: dict[str, Any] = {"exception": exception, "transaction": "shop.customer.create"}
    sent = [watched.sentry.send(event_body(f"group {n}", **body)) for n in range(3)]
    given_up = watched.sentry.send(old("old", **body))
    watched.sentry.server.order([Fault(kind, on=f"{sent[1]}|{given_up}")])
    for _ in range(2):
        summary = watched.collect(patience_s=2.0)
        assert "body of 1 Event did not come" in summary.unreachable["sentry"]
        assert set(watched.failures()) == {sent[0], sent[2], given_up}
    assert "not to be had" in watched.failures()[given_up].reasons[0]
    watched.sentry.server.order([])
    summary = watched.collect()
    assert (summary.stored, summary.unreachable) == (1, {})
    assert watched.collect().stored == 0
