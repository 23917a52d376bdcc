"""How much a Run reads, what it reads first, and what it says of the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.errors import SentryUnreachable
from collectors.model import Coverage, Event, Issue
from collectors.sentry.allowance import Allowance
from collectors.sentry.cursor import Progress
from collectors.sentry.light import LightListing
from collectors.sentry.sources import WebApi
from collectors.sentry.sweep import Sweep
from sample_data.sentry.trouble import Fault, Kind
from tests.http.serving import SentryOfTest, event_body

WHEN = [pytest.param(True, id="rows"), pytest.param(False, id="bodies")]


def read(
    sentry: SentryOfTest, cursor: str | None = None, most: float = float("inf"), **options: Any
) -> tuple[list[Event], str, list[Coverage], list[str]]:
    """One Run of a store that knows nothing: what came, the Cursor, the marks, the notes."""
    allowance = Allowance(most)
    events: list[Event] = []
    coverages: list[Coverage] = []
    notes: list[str] = []
    since = options.pop("since", None)
    with sentry.client() as client:
        source = WebApi(client, allowance=allowance, overlap=timedelta(minutes=10), **options)
        for page in source.pages(since, cursor):
            events += page.events
            allowance.left -= len(page.events)
            coverages += [page.coverage] if page.coverage else []
            notes += [page.note] if page.note else []
            cursor = page.cursor or cursor
    assert cursor is not None
    return events, cursor, coverages, notes


def ids(events: Sequence[Event]) -> set[str]:
    return {event.event_id for event in events}


@pytest.mark.parametrize("light", WHEN)
def test_a_ceiling_leaves_an_honest_mark_and_the_next_runs_go_on(
    sentry: SentryOfTest, light: bool
) -> None:
    sent = [sentry.send(event_body(f"issue {n}", minutes_ago=30 + n)) for n in range(450)]
    first, cursor, (mark,), _ = read(sentry, most=150, light=light)
    assert 150 <= len(first) < 450
    assert ids(first) == set(sent[: len(first)])
    assert (mark.read, mark.total, mark.complete) == (len(first), 450, False)
    assert mark.sentence() == (
        f"Read {len(first)} of 450 Events, the newest; the next run goes on."
    )
    seen, marks = ids(first), [mark]
    while not marks[-1].complete:
        more, cursor, latest, _ = read(sentry, cursor, most=150, light=light)
        marks += latest
        assert latest
        seen |= ids(more)
    assert seen == set(sent)
    assert (marks[-1].read, marks[-1].total) == (450, 450)


@pytest.mark.parametrize("light", WHEN)
def test_one_large_issue_is_read_on_by_the_next_run(sentry: SentryOfTest, light: bool) -> None:
    for n in range(350):
        sentry.send(event_body("large", minutes_ago=30 + n))
    events, cursor, (mark,), _ = read(sentry, most=150, light=light)
    assert mark.read == len(events)
    assert mark.total == 350
    assert mark.covered_from is not None
    oldest = min(event.occurred_at for event in events)
    assert abs(mark.covered_from - oldest) < timedelta(seconds=2)
    more, _, (mark,), _ = read(sentry, cursor, light=light)
    assert len(more) == 350
    assert mark.complete


def test_what_came_in_meanwhile_is_read_before_the_backlog_goes_on(sentry: SentryOfTest) -> None:
    for n in range(450):
        sentry.send(event_body(f"issue {n}", minutes_ago=30 + n))
    _, cursor, _, _ = read(sentry, most=150)
    new = sentry.send(event_body("brand new"))
    events, _, _, _ = read(sentry, cursor, most=100)
    assert events[0].event_id == new


def test_events_that_the_server_counts_and_holds_no_more_are_said_to_be_missing(
    sentry: SentryOfTest,
) -> None:
    for n in range(10):
        sentry.send(event_body("sampled", minutes_ago=n))
    sentry.store._db.execute("DELETE FROM events WHERE id <= 4")
    sentry.store._db.execute("UPDATE issues SET times_seen = 10")
    _, _, (mark,), _ = read(sentry)
    assert mark.complete
    assert (mark.read, mark.missing) == (6, 4)
    assert "at least" in mark.sentence()


def test_since_leaves_the_total_unknown(sentry: SentryOfTest) -> None:
    for n in range(250):
        sentry.send(event_body(f"issue {n}", minutes_ago=n))
    since = datetime.now(UTC) - timedelta(hours=3)
    _, _, (mark,), _ = read(sentry, most=50, since=since)
    assert mark.total is None
    assert "there are more" in mark.sentence()


class Behind(LightListing):
    """A server whose lists of events do not show some of them yet."""

    hidden: frozenset[str] = frozenset()

    def rows(
        self, project: str, issues: Sequence[Issue], start: datetime | None
    ) -> Iterator[tuple[Event, ...]]:
        return map(self._shown, super().rows(project, issues, start))

    def recent(self, issue: Issue, start: datetime | None) -> Iterator[tuple[Event, ...]]:
        return map(self._shown, super().recent(issue, start))

    def events(self, issue: Issue, start: datetime | None) -> Iterator[tuple[Event, ...]]:
        return map(self._shown, super().events(issue, start))

    def _shown(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        return tuple(event for event in events if event.event_id not in self.hidden)


FOUND = ("transaction:*customer*", 'error.value:"*duplicate key value*"')


def failed(group: str, minutes_ago: float, transaction: str, value: str) -> dict[str, Any]:
    exception = {"values": [{"type": "Error", "value": value}]}
    return event_body(group, minutes_ago=minutes_ago, transaction=transaction, exception=exception)


def test_only_searches_finds_by_transaction_and_by_text(sentry: SentryOfTest) -> None:
    found = {
        sentry.send(failed("a", 5, "shop.customer.create", "boom")),
        sentry.send(failed("b", 6, "job", 'duplicate key value violates unique constraint "x"')),
    }
    sentry.send(failed("c", 1, "GET /health", "timeout"))
    events, cursor, _, _ = read(sentry, searches=FOUND, only_searches=True)
    assert ids(events) == found
    new = sentry.send(failed("a", 0, "shop.customer.create", "boom"))
    events, _, _, _ = read(sentry, cursor, searches=FOUND, only_searches=True)
    assert new in ids(events)


def test_each_search_that_is_refused_is_named(sentry: SentryOfTest) -> None:
    sent = sentry.send(event_body("one", transaction="create_customer"))
    sentry.server.order([Fault(Kind.REFUSED, on="broken")])
    events: list[Event] = []
    with sentry.client() as client:
        searches = ("broken:(", FOUND[0], "broken too")
        pages = WebApi(client, searches=searches, only_searches=True).pages(None, None)
        with pytest.raises(SentryUnreachable) as caught:
            events.extend(event for page in pages for event in page.events)
    assert ids(events) == {sent}
    assert all(f"The search {one}: " in str(caught.value) for one in ("broken:(", "broken too"))


def test_a_backlog_is_searched_before_it_is_read_on(sentry: SentryOfTest) -> None:
    wanted = sentry.send(failed("old", 900, "shop.customer.create", "boom"))
    for n in range(450):
        sentry.send(failed(f"noise {n}", n, "GET /health", "timeout"))
    events, cursor, _, _ = read(sentry, most=100, searches=FOUND)
    assert wanted not in ids(events)
    events, cursor, _, _ = read(sentry, cursor, most=100, searches=FOUND)
    assert events[0].event_id == wanted
    everything, _, (mark,), _ = read(sentry, cursor, searches=FOUND)
    assert mark.complete
    assert wanted in ids(everything)


@pytest.mark.parametrize("scopes", ["event:read", "event:read project:read"])
def test_without_the_scope_for_rows_bodies_are_read_and_a_note_says_why(
    sentry: SentryOfTest, scopes: str
) -> None:
    sent = {sentry.send(event_body(f"issue {n}")) for n in range(3)}
    token = sentry.store.add_token(scopes)
    object.__setattr__(sentry.address, "token", token)
    events, _, _, notes = read(sentry)
    assert ids(events) == sent
    assert not any(event.light for event in events)
    assert len(notes) == 1
    assert "org:read" in notes[0]


def test_of_an_issue_that_was_read_only_new_bodies_are_fetched(sentry: SentryOfTest) -> None:
    """Without rows the ids of its recent events are listed, and the store knows most of them."""
    for n in range(5):
        sentry.send(event_body("busy", minutes_ago=n))
    _, cursor, _, _ = read(sentry, light=False)
    new = sentry.send(event_body("busy"))
    with sentry.client() as client:
        sentry.served.take_calls()
        pages = list(WebApi(client, light=False).pages(None, cursor))
        events = [event for page in pages for event in page.events]
        assert all(event.light for event in events)
        assert not any("full=true" in call for call in sentry.served.take_calls())
        (fresh,) = [event for event in events if event.event_id == new]
        assert pages[0].bodies is not None
        (whole,) = pages[0].bodies([fresh])
    assert whole.exceptions[0].frames
    assert not whole.light


@pytest.mark.parametrize("light", WHEN)
def test_an_event_that_the_lists_know_later_than_its_issue_is_not_lost(
    sentry: SentryOfTest, light: bool
) -> None:
    sentry.send(event_body("a", minutes_ago=30))
    late = sentry.send(event_body("a"))
    progress = Progress()
    with sentry.client() as client:
        listing = Behind(client, has_rows=light)
        for hidden in (True, False):
            listing.hidden = frozenset({late} if hidden else ())
            sweep = Sweep(listing, "-1", progress, timedelta(hours=1))
            events = [event for some, _ in sweep.parts() for event in some]
            assert (late in ids(events)) is not hidden
