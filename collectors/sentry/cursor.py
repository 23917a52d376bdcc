"""The Cursor of a sweep through issues: which events of which Issue were read. Pure.

Issues are read newest first, so "everything before T" holds only when a sweep has ended. Until then
the Issues that were read completely are remembered one by one (`done`) and the old floor stays, so
that a run which dies in the middle skips nothing and reads little twice.

    floor        events before it were read by earlier sweeps; None: nothing was read yet
    since        how far back the first sweep was asked to look; None: as far as the server holds
    done         issue id → what its last complete reading saw
    read         events of the first sweep, which may take several runs, and
    missing      those that its Issues count beyond them
    behind       the last run left some for the next, because it had read enough
    overlap      a sweep reads this much again, for events that were delivered late; the store knows
                 events by their id, so reading one twice changes nothing
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from collectors.model import Issue


@dataclass(frozen=True, slots=True)
class Mark:
    """An Issue as it was listed when all its events had been read."""

    last_seen: datetime | None
    count: int | None


@dataclass(slots=True)
class Progress:
    """How far one project was read."""

    floor: datetime | None = None
    since: datetime | None = None
    done: dict[str, Mark] = field(default_factory=dict)
    read: int = 0
    missing: int = 0
    behind: bool = False

    @property
    def start(self) -> datetime | None:
        """Events before it need not be read; None: all are needed."""
        return self.floor or self.since

    def asked_from(self, since: datetime | None) -> Progress:
        """The same for a run that is asked to look back to `since`.

        An earlier `since` than any before starts over, for what lies further back was never read.
        A later one changes nothing: a Cursor never skips events.
        """
        if self.floor is None and not self.done:
            return Progress(since=since, behind=self.behind)
        if since is not None and self.since is not None and since < self.since:
            return Progress(since=since)
        return self

    def is_unchanged(self, issue: Issue) -> bool:
        """Nothing was added to this Issue since it was read completely, as far as can be told."""
        told = issue.last_seen is not None and issue.count is not None
        return told and self.done.get(issue.issue_id) == Mark(issue.last_seen, issue.count)

    def start_of(self, issue: Issue, overlap: timedelta) -> datetime | None:
        """From when on this Issue's events are to be read."""
        mark = self.done.get(issue.issue_id)
        if mark is None or mark.last_seen is None:
            return self.start
        return mark.last_seen - overlap

    def mark_done(self, issue: Issue, events: int = 0, *, lags: bool = False) -> None:
        """All events of this Issue, as it was listed, were read: so many came.

        Where its events lag behind it, it never counts as unchanged. Only a first reading that
        was bounded by nothing tells how many a server no longer holds.
        """
        if self.floor is None and issue.issue_id not in self.done:
            self.read += events
            if self.since is None and issue.count is not None:
                self.missing += max(0, issue.count - events)
        self.done[issue.issue_id] = Mark(issue.last_seen, None if lags else issue.count)

    def end(self, began: datetime, overlap: timedelta) -> None:
        """A sweep missed nothing: keep only what the next sweep's overlap will show again."""
        self.behind = False
        self.floor = floor = began - overlap
        self.done = {
            issue_id: mark
            for issue_id, mark in self.done.items()
            if mark.last_seen is None or mark.last_seen >= floor
        }


class _Text(msgspec.Struct):
    version: int
    projects: dict[str, Progress]


def read_cursor(text: str | None) -> dict[str, Progress]:
    """What was read of each project; nothing, if the text is not a cursor of this version.

    Starting over is safe: it costs time and changes nothing that is stored.
    """
    try:
        read = msgspec.json.decode(text or "", type=_Text)
    except msgspec.DecodeError:
        return {}
    return read.projects if read.version == 1 else {}


def write_cursor(projects: dict[str, Progress]) -> str:
    """The text that `read_cursor` reads."""
    return msgspec.json.encode(_Text(1, projects)).decode()
