"""Where a sweep's floor comes to lie, and what it passes over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from collectors.model import Event, Issue
from collectors.sentry.cursor import Progress
from collectors.sentry.listing import IssuePage
from collectors.sentry.sweep import Sweep

OVERLAP = timedelta(hours=6)


class Ahead:
    """A server without Issues whose clock is so far ahead of ours."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def projects(self) -> tuple[str, ...]:
        return ("1",)

    def issues(self, project: str, start: datetime | None) -> Iterator[IssuePage]:
        yield IssuePage((), datetime.now(UTC) + self._ahead)

    def events(self, issue: Issue, start: datetime | None) -> Iterator[tuple[Event, ...]]:
        yield ()


@pytest.mark.parametrize("days", [-3, 0, 3], ids=["behind", "the same", "ahead"])
def test_the_floor_is_by_the_earlier_clock(days: int) -> None:
    """Events carry the times of a third one; whoever is ahead would skip them."""
    progress = Progress()
    list(Sweep(Ahead(timedelta(days=days)), "1", progress, OVERLAP).parts())
    assert progress.floor is not None
    floor = datetime.now(UTC) + timedelta(days=min(days, 0)) - OVERLAP
    assert abs(progress.floor - floor) < timedelta(minutes=1)


class Mixed:
    """A server that lists Issues of several categories; what was asked of which is in `asked`."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def projects(self) -> tuple[str, ...]:
        return ("1",)

    def issues(self, project: str, start: datetime | None) -> Iterator[IssuePage]:
        now = datetime.now(UTC)
        named = {"1": "error", "2": None, "3": "performance", "4": "outage"}
        issues = [Issue(one, last_seen=now, count=1, category=named[one]) for one in named]
        yield IssuePage(tuple(issues), now)

    def events(self, issue: Issue, start: datetime | None) -> Iterator[tuple[Event, ...]]:
        self.asked.append(issue.issue_id)
        yield (Event(f"{issue.issue_id:>032}", datetime.now(UTC), issue_id=issue.issue_id),)


def test_what_is_no_error_is_neither_read_nor_missing() -> None:
    server, progress = Mixed(), Progress()
    sweep = Sweep(server, "1", progress, OVERLAP)
    listed = {issue.issue_id for _, issues in sweep.parts() for issue in issues}
    assert set(server.asked) == listed == {"1", "2"}
    assert sweep.coverage is not None
    assert (sweep.coverage.read, sweep.coverage.missing) == (2, 0)
