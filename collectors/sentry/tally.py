"""What one sweep saw: how much of it was read, and how far back that reaches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collectors.model import Coverage, Event, Issue
from collectors.sentry.cursor import Progress

_SECOND = timedelta(seconds=1)
"""Light Events tell their time no finer."""


@dataclass(slots=True)
class _Seen:
    events: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None


@dataclass(slots=True)
class Tally:
    """`left` are the Issues that were listed and not read to their end."""

    left: dict[str, Issue] = field(default_factory=dict)
    _seen: dict[str, _Seen] = field(default_factory=dict)

    def saw(self, events: Iterable[Event], issue_id: str | None = None) -> None:
        """These were read, newest first; of that Issue, or each of its own."""
        for event in events:
            seen = self._seen.setdefault(issue_id or event.issue_id or "", _Seen())
            seen.events += 1
            seen.oldest = min(seen.oldest or event.occurred_at, event.occurred_at)
            seen.newest = max(seen.newest or event.occurred_at, event.occurred_at)

    def lags(self, issue: Issue) -> bool:
        """Some of an Issue's Events, and the last one, were not among them.

        Sentry keeps Issues in one database and Events in another, which may know them later.
        """
        seen = self._seen.get(issue.issue_id, _Seen())
        if issue.last_seen is None or (issue.count is not None and seen.events >= issue.count):
            return False
        return seen.newest is None or seen.newest < issue.last_seen - _SECOND

    def is_silent(self, issue: Issue) -> bool:
        """Nothing was seen of an Issue that should have Events."""
        return issue.issue_id not in self._seen and issue.count != 0

    def take(self, issue_id: str) -> int:
        """How many Events of an Issue were seen; it is forgotten then."""
        return self._seen.pop(issue_id, _Seen()).events

    def coverage(self, project: str, progress: Progress, at: datetime) -> Coverage:
        """How much of the project was read by now."""
        read = progress.read + sum(seen.events for seen in self._seen.values())
        total = progress.read + progress.missing + self._counted()
        return Coverage(
            project,
            read,
            total=None if self.left and progress.start is not None else max(total, read),
            covered_from=max((self._reached(one, at) for one in self.left.values()), default=None),
            missing=progress.missing,
        )

    def _counted(self) -> int:
        return sum(issue.count or 0 for issue in self.left.values())

    def _reached(self, issue: Issue, at: datetime) -> datetime:
        seen = self._seen.get(issue.issue_id)
        return (seen and seen.oldest) or issue.last_seen or at
