"""What the Web API source reads, how often, and what it never misses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from collectors.errors import SentryUnreachable
from collectors.model import Event, Issue
from collectors.sentry.cursor import Progress, write_cursor
from collectors.sentry.following import issues_now
from collectors.sentry.light import LightListing
from collectors.sentry.sources import PAGE_SIZE, WebApi
from collectors.sentry.sources.page import ROWS_SIZE
from tests.http.serving import ONE_AT_A_TIME, SentryOfTest, event_body, local_sentry


def read(
    sentry: SentryOfTest,
    cursor: str | None = None,
    *,
    since: datetime | None = None,
    projects: Sequence[str] = (),
    light: bool = True,
) -> tuple[list[Event], str]:
    """All events of one run, and the cursor after it."""
    events: list[Event] = []
    with sentry.client() as client:
        source = WebApi(client, projects, overlap=timedelta(minutes=10), light=light)
        for page in source.pages(since, cursor):
            assert len(page.events) <= (ROWS_SIZE if light else PAGE_SIZE)
            events += page.events
            cursor = page.cursor
    assert cursor is not None
    return events, cursor


def ids(events: Sequence[Event]) -> list[str]:
    return [event.event_id for event in events]


def test_more_events_than_a_page_are_read_newest_first(sentry: SentryOfTest) -> None:
    sent = [sentry.send(event_body(minutes_ago=n)) for n in range(230)]
    events, _ = read(sentry)
    assert ids(events) == sent


def test_more_issues_than_a_page_are_read_newest_first(sentry: SentryOfTest) -> None:
    sent = [sentry.send(event_body(f"issue {n}", minutes_ago=n)) for n in range(130)]
    events, _ = read(sentry)
    assert ids(events) == sent
    assert len({event.issue_id for event in events}) == 130


def test_issues_of_every_status_are_read(sentry: SentryOfTest) -> None:
    sent = {sentry.send(event_body(status)) for status in ("resolved", "ignored", "unresolved")}
    for number, status in enumerate(("resolved", "ignored"), start=1):
        sentry.store.set_status(number, status, None)
    events, _ = read(sentry)
    assert set(ids(events)) == sent


def test_events_carry_their_project_and_issue_and_pages_the_issues(sentry: SentryOfTest) -> None:
    sentry.send(event_body(minutes_ago=3))
    sentry.send(event_body(minutes_ago=2))
    with sentry.client() as client:
        pages = list(WebApi(client).pages(None, None))
    events = [event for page in pages for event in page.events]
    issues: list[Issue] = [issue for page in pages for issue in page.issues]
    assert {(event.project, event.issue_id) for event in events} == {("api", "1")}
    assert (issues[0].issue_id, issues[0].project, issues[0].count) == ("1", "api", 2)
    assert issues[0].url == f"{sentry.address.url}/organizations/sample/issues/1/"


@pytest.mark.parametrize("recent", [0, 60], ids=["all old", "some within the overlap"])
def test_a_run_with_nothing_new_costs_one_call_a_page_of_recent_issues(
    sentry: SentryOfTest, recent: int
) -> None:
    for n in range(200):
        sentry.send(event_body(f"issue {n}", minutes_ago=1 if n < recent else 60 + n))
    _, cursor = read(sentry)
    sentry.served.take_calls()
    events, again = read(sentry, cursor)
    assert events == []
    calls = sentry.served.take_calls()
    assert len(calls) == 1
    assert calls[0].startswith("/api/0/organizations/sample/issues/?query=")
    events, _ = read(sentry, again)
    assert events == []


def test_a_later_run_reads_what_is_new_and_little_else(sentry: SentryOfTest) -> None:
    for n in range(150):
        sentry.send(event_body("busy", minutes_ago=30 + n))
    sentry.send(event_body("quiet", minutes_ago=40))
    _, cursor = read(sentry)
    new = [sentry.send(event_body("busy")), sentry.send(event_body("brand new"))]
    sentry.served.take_calls()
    events, _ = read(sentry, cursor)
    assert set(ids(events)) == set(new)
    assert len(sentry.served.take_calls()) <= 4


def test_an_event_delivered_late_is_found_within_the_overlap(sentry: SentryOfTest) -> None:
    sentry.send(event_body())
    _, cursor = read(sentry)
    late = sentry.send(event_body(minutes_ago=8))
    events, _ = read(sentry, cursor)
    assert late in ids(events)


def test_an_issue_that_moves_up_between_two_runs_is_still_read_from_its_beginning(
    sentry: SentryOfTest,
) -> None:
    old = sentry.send(event_body("unread", minutes_ago=300))
    for n in range(100):
        sentry.send(event_body(f"small {n}", minutes_ago=n))
    with sentry.client() as client:
        first = next(WebApi(client, light=False).pages(None, None))
    assert old not in ids(first.events)
    new = sentry.send(event_body("unread"))
    events, _ = read(sentry, first.cursor, light=False)
    assert {old, new} <= set(ids(events))


def test_an_issue_that_moves_up_while_the_list_is_read_is_not_lost(sentry: SentryOfTest) -> None:
    """It stands on the third page of issues, and has gone to the first when that is asked for."""
    old = sentry.send(event_body("moving", minutes_ago=300))
    for n in range(210):
        sentry.send(event_body(f"small {n}", minutes_ago=n))
    events: list[Event] = []
    new = ""
    with sentry.client() as client:
        for page in WebApi(client, light=False).pages(None, None):
            new = new or sentry.send(event_body("moving"))
            events += page.events
    assert {old, new} <= set(ids(events))
    assert len(set(ids(events))) == 212


@pytest.mark.parametrize("stop_after", range(1, 6))
def test_a_run_that_dies_after_any_page_loses_nothing(
    sentry: SentryOfTest, stop_after: int
) -> None:
    sent = {sentry.send(event_body(f"small {n}", minutes_ago=n)) for n in range(120)}
    sent |= {sentry.send(event_body("large", minutes_ago=200 + n)) for n in range(130)}
    stored: set[str] = set()
    cursor = None
    with sentry.client() as client:
        for number, page in enumerate(WebApi(client, light=False).pages(None, None), start=1):
            stored |= set(ids(page.events))
            cursor = page.cursor
            if number == stop_after:
                break
    events, _ = read(sentry, cursor, light=False)
    assert stored | set(ids(events)) == sent


def test_what_a_dead_run_had_finished_is_not_read_again(sentry: SentryOfTest) -> None:
    for n in range(120):
        sentry.send(event_body(f"small {n}", minutes_ago=n))
    with sentry.client() as client:
        first = next(WebApi(client, light=False).pages(None, None))
    events, _ = read(sentry, first.cursor, light=False)
    assert not set(ids(first.events)) & set(ids(events))
    assert len(first.events) + len(events) == 120


def test_since_bounds_the_first_look(sentry: SentryOfTest) -> None:
    wanted = sentry.send(event_body(minutes_ago=30))
    sentry.send(event_body(minutes_ago=90))
    sentry.send(event_body("old", minutes_ago=120))
    events, _ = read(sentry, since=datetime.now(UTC) - timedelta(hours=1))
    assert ids(events) == [wanted]


def test_an_earlier_since_than_before_reads_what_lies_further_back(sentry: SentryOfTest) -> None:
    old = sentry.send(event_body("old", minutes_ago=120))
    sentry.send(event_body(minutes_ago=30))
    now = datetime.now(UTC)
    _, cursor = read(sentry, since=now - timedelta(hours=1))
    events, _ = read(sentry, cursor, since=now - timedelta(hours=3))
    assert old in ids(events)


def test_a_later_since_than_the_cursor_skips_nothing(sentry: SentryOfTest) -> None:
    missed = sentry.send(event_body(minutes_ago=60))
    cursor = write_cursor({"-1": Progress(floor=datetime.now(UTC) - timedelta(hours=2))})
    events, _ = read(sentry, cursor, since=datetime.now(UTC) - timedelta(minutes=5))
    assert ids(events) == [missed]


def test_only_the_named_projects_are_read() -> None:
    with local_sentry("api", "worker", "web") as sentry:
        sent = [sentry.send(event_body(), project) for project in ("api", "worker", "web")]
        events, cursor = read(sentry, projects=["worker", "api"])
        assert ids(events) == [sent[1], sent[0]]
        events, _ = read(sentry, cursor, projects=["worker", "web"])
        assert ids(events) == [sent[2]]
        events, _ = read(sentry, projects=["3"])
        assert [event.project for event in events] == ["web"]
        events, _ = read(sentry)
        assert set(ids(events)) == set(sent)


@pytest.mark.parametrize("light", [True, False], ids=["rows", "bodies"])
def test_every_call_names_the_organization(sentry: SentryOfTest, light: bool) -> None:
    """sentry.io answers what does not for the region US alone, and with 404 for all others."""
    for n in range(40):
        sentry.send(event_body(f"issue {n % 2}", minutes_ago=n))
    events, cursor = read(sentry, light=light)
    with sentry.client() as client:
        assert len(list(LightListing(client).bodies(events))) == 40
        assert dict(issues_now(client, ["1", "9"]))["9"] is None
    sentry.send(event_body("issue 1"))
    read(sentry, cursor, light=light)
    calls = sentry.served.take_calls()
    asked = [call for call in calls if not call.endswith("/store/")]
    assert [a for a in asked if not a.startswith("/api/0/organizations/sample/")] == []


def test_a_plan_that_shows_one_project_at_a_time_is_read_by_rows() -> None:
    with local_sentry("api", "web") as sentry:
        sent = [sentry.send(event_body(project), project) for project in ("api", "web")]
        sentry.server.order([ONE_AT_A_TIME])
        events, _ = read(sentry, projects=["api", "2"])
        assert (ids(events), {event.light for event in events}) == (sent, {True})
        with sentry.client() as client:
            followed = dict(issues_now(client, ["1", "2"]))
            assert {str(issue and issue.project) for issue in followed.values()} == {"api", "web"}
            with pytest.raises(SentryUnreachable, match="TOMBSTONE_SENTRY__PROJECTS"):
                list(WebApi(client).pages(None, None))


def test_an_unknown_project_is_said_after_the_others_were_read() -> None:
    with local_sentry("api") as sentry, sentry.client() as client:
        sent = sentry.send(event_body())
        events: list[Event] = []
        pages = WebApi(client, ["nowhere", "api"]).pages(None, None)
        with pytest.raises(SentryUnreachable, match="404") as caught:
            events.extend(event for page in pages for event in page.events)
        assert ids(events) == [sent]
        assert caught.value.permanent


def test_an_issue_that_vanishes_meanwhile_is_noted_and_passed_over(sentry: SentryOfTest) -> None:
    sentry.send(event_body("going", minutes_ago=5))
    for n in range(101):
        sentry.send(event_body("staying", minutes_ago=n / 60))
    notes: list[str] = []
    seen: list[Event] = []
    with sentry.client() as client:
        for page in WebApi(client, light=False).pages(None, None):
            sentry.store.delete_issue(1)
            seen += page.events
            notes += [page.note] if page.note else []
    assert notes == ["Issue 1 is no longer there."]
    assert len(seen) == 101


HOSTILE = (
    b"",
    b"{",
    b"<html>",
    b'{"exception": {"values": [{"value": "\xff\xfe"}]}}',
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    b'{"event_id": 5, "exception": [1, {"values": 2}], "tags": 7, "timestamp": "never"}',
    b'{"message": "![](https://example.com/x) <script>alert(1)</script> $x$ :material/x:"}',
    b'{"message": "\\u0000 \\ud800 \\u202e"}',
    b'{"extra": "' + b"x" * 1_000_000 + b'"}',
)


def test_hostile_bodies_cost_only_themselves(sentry: SentryOfTest) -> None:
    good = [sentry.send(event_body("good", minutes_ago=n)) for n in range(30)]
    for body in HOSTILE:
        sentry.send(body)
    events, _ = read(sentry, light=False)
    assert set(good) <= set(ids(events))
    assert len(events) == len(good) + len(HOSTILE)


def test_hostile_bodies_among_the_events_of_one_issue_cost_only_themselves(
    sentry: SentryOfTest,
) -> None:
    for n in range(8):
        sentry.send(b"[" * n + b"<cut")
    events, _ = read(sentry, light=False)
    assert len(set(ids(events))) == 8
    assert all(event.oddity for event in events)
