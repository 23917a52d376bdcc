"""What the Cursor claims, and what it never does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collectors.model import Issue
from collectors.sentry.cursor import Mark, Progress, read_cursor, write_cursor

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
OVERLAP = timedelta(minutes=10)


def issue(name: str, minutes_ago: float, count: int = 1) -> Issue:
    return Issue(name, last_seen=NOON - timedelta(minutes=minutes_ago), count=count)


def test_a_cursor_is_read_as_it_was_written() -> None:
    progress = Progress(floor=NOON, since=NOON - timedelta(days=14))
    progress.mark_done(issue("1", 5, count=3))
    progress.mark_done(Issue("2"))
    assert read_cursor(write_cursor({"api": progress})) == {"api": progress}


@pytest.mark.parametrize(
    "text",
    [None, "", "0:100:0", "{}", '{"version": 2, "projects": {}}', '{"version": 1, "projects": 5}'],
    ids=str,
)
def test_a_text_that_is_no_cursor_starts_over(text: str | None) -> None:
    assert read_cursor(text) == {}


def test_an_issue_is_unchanged_only_while_time_and_count_are() -> None:
    progress = Progress()
    progress.mark_done(issue("1", 5, count=3))
    assert progress.is_unchanged(issue("1", 5, count=3))
    assert not progress.is_unchanged(issue("1", 4, count=3))
    assert not progress.is_unchanged(issue("1", 5, count=4))
    assert not progress.is_unchanged(issue("2", 5, count=3))


@pytest.mark.parametrize(("last_seen", "count"), [(None, None), (None, 3), (NOON, None)])
def test_an_issue_of_which_time_or_count_is_not_told_may_have_grown(
    last_seen: datetime | None, count: int | None
) -> None:
    listed = Issue("1", last_seen=last_seen, count=count)
    progress = Progress()
    progress.mark_done(listed)
    assert not progress.is_unchanged(listed)


def test_an_unread_issue_is_read_from_the_floor_however_new_it_is() -> None:
    progress = Progress(floor=NOON - timedelta(days=1))
    progress.mark_done(issue("1", 5))
    assert progress.start_of(issue("2", 0), OVERLAP) == NOON - timedelta(days=1)


def test_a_read_issue_is_read_again_from_an_overlap_before_what_was_seen() -> None:
    progress = Progress(floor=NOON - timedelta(days=1))
    progress.mark_done(issue("1", 60))
    assert progress.start_of(issue("1", 0), OVERLAP) == NOON - timedelta(minutes=70)


def test_a_sweep_that_ended_forgets_what_the_next_will_not_see() -> None:
    progress = Progress()
    progress.mark_done(issue("old", 11))
    progress.mark_done(issue("recent", 9))
    progress.mark_done(Issue("timeless"))
    progress.end(NOON, OVERLAP)
    assert progress.floor == NOON - OVERLAP
    assert progress.done.keys() == {"recent", "timeless"}


@pytest.mark.parametrize(
    ("since", "starts_over"),
    [(None, False), (timedelta(days=7), False), (timedelta(days=30), True)],
    ids=["not asked", "later than before", "earlier than before"],
)
def test_only_an_earlier_since_starts_over(since: timedelta | None, starts_over: bool) -> None:
    before = Progress(floor=NOON - OVERLAP, since=NOON - timedelta(days=14))
    asked = before.asked_from(NOON - since if since else None)
    assert (asked.floor is None) is starts_over


def test_after_a_look_at_everything_no_since_starts_over() -> None:
    before = Progress(floor=NOON - OVERLAP, done={"1": Mark(NOON, 1)})
    assert before.asked_from(NOON - timedelta(days=90)) is before
