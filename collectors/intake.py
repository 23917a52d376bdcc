"""From a page of a source to judged Failures.

What is known is passed over, light Events are taken at their word where that is enough, and only
the rest is fetched whole. An Event that is no failed write is not kept: a server may answer a
search with anything, so what is stored is decided here, by what each Event itself says. Whoever
names a file wants all that is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from collectors.errors import KeptBack
from collectors.evidence.database import Store
from collectors.evidence.lines import Judged
from collectors.evidence.reads.followup import judged_failures
from collectors.evidence.reads.unfailed import Pending
from collectors.evidence.store import known_events
from collectors.inquiry import Inquiry
from collectors.linking.case import RACE_WINDOW, TOLERANCE
from collectors.linking.light import Need, is_wanted, read_light
from collectors.linking.violation import read_event
from collectors.model import Event, Failure
from collectors.sentry.sources import Page

CLOSE = max(TOLERANCE, RACE_WINDOW) + timedelta(seconds=2)
"""A light Event's time is cut to the second. Where no time that the Verdict rests on lies nearer
than this, the part that was cut off changes nothing."""

NO_BODY = "The event's body is not to be had, and what its list tells of it is not enough."


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a page.

    stored  how many of `judged` were not known
    new     how many Events of ours were not known
    passed  ids of Events whose row or body showed that they are no failed write
    moved   known event id → the Issue it belongs to now
    kept_back  Events whose bodies did not come, of which nothing was taken
    """

    judged: list[Judged]
    stored: int
    new: int
    passed: list[str]
    moved: dict[str, str]
    kept_back: KeptBack | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes in the pages of one source.

    `environment` keeps only Events of it, and names those that name none; `full` judges again what
    is known; `keep_all` keeps what is no failed write, too.
    """

    store: Store
    inquiry: Inquiry
    source: str
    environment: str | None = None
    full: bool = False
    keep_all: bool = False

    def take(self, page: Page) -> Taken:
        """Read and judge what is new on a page. Raises SentryUnreachable, with nothing taken."""
        once = {event.event_id: event for event in page.events}
        known = known_events(self.store, once)
        placed = map(self._placed, once.values())
        ours = [event for event in placed if self._is_ours(event.environment or "")]
        asked = [event for event in ours if self.full or event.event_id not in known]
        passed: list[str] = []
        back: list[KeptBack] = []
        failures, wanting = self._read(asked, passed)
        told = {failure.event_id for failure in failures}
        failures += self._kept(self._whole(wanting, page, back), passed)
        judged = self._judge(failures)
        by_rows = [one for one in judged if one.failure.event_id in told]
        rough = [once[one.failure.event_id] for one in by_rows if _is_rough(one)]
        if rough:
            whole = (event for event in self._whole(rough, page, back) if not event.light)
            again = self._judge(self._kept(whole, passed))
            judged = _replaced(judged, again)
        kept_back = _all_of(back)
        if kept_back:
            missed = kept_back.event_ids
            judged = [one for one in judged if one.failure.event_id not in missed]
        return Taken(
            judged,
            stored=sum(one.failure.event_id not in known for one in judged),
            new=sum(event.event_id not in known for event in ours),
            passed=passed,
            moved=_moved(once.values(), known),
            kept_back=kept_back,
        )

    def _read(
        self, events: Iterable[Event], passed: list[str]
    ) -> tuple[list[Failure], list[Event]]:
        """The Failures that can be told already, and the Events whose bodies are needed.

        The ids of the others go to `passed`: an Event that is not known afterwards counts as new in
        every Run, and enough of those would use up what a Run may read before it gets any further.
        """
        failures: list[Failure] = []
        wanting: list[Event] = []
        for event in events:
            read = read_light(event) if event.light else Need.BODY
            if isinstance(read, Failure):
                failures.append(read)
            elif read is Need.BODY:
                wanting.append(event)
            else:
                passed.append(event.event_id)
        return failures, wanting

    def _whole(self, events: Sequence[Event], page: Page, back: list[KeptBack]) -> Iterator[Event]:
        """The same Events with their bodies, each as it comes.

        One whose body is gone is kept as its row tells it, and is odd where that is no whole key;
        one that is to be asked for again is left out, and `back` says so.
        """
        missing = {event.event_id: event for event in events if event.light}
        yield from (event for event in events if not event.light)
        if page.bodies and missing:
            try:
                for event in page.bodies(list(missing.values())):
                    if missing.pop(event.event_id, None):
                        yield event
            except KeptBack as some:
                back.append(some)
                for event_id in some.event_ids:
                    missing.pop(event_id, None)
        for event in missing.values():
            key = read_event(event).key
            yield event if key and key.complete else replace(event, oddity=NO_BODY)

    def _kept(self, events: Iterable[Event], passed: list[str]) -> list[Failure]:
        """Those that are wanted; the ids of the others go to `passed`."""
        kept: list[Failure] = []
        for event in events:
            failure = read_event(self._placed(event))
            if self.keep_all or is_wanted(failure):
                kept.append(failure)
            else:
                passed.append(event.event_id)
        return [failure for failure in kept if self._is_ours(failure.environment)]

    def _judge(self, failures: Sequence[Failure]) -> list[Judged]:
        known = self._judged_before(failures) if self.full else {}
        return self.inquiry.judge(
            [known.get(one.event_id) or Pending(self.source, one) for one in failures]
        )

    def _judged_before(self, failures: Sequence[Failure]) -> dict[str, Pending]:
        """Those that say of their key what they said then, and not all of it: by then it was found.

        Once it was released, nothing in the Event would lead to its Conflict any more.
        """
        partly = {one.event_id: one for one in failures if one.key and not one.key.complete}
        before = {one.failure.event_id: one for one in judged_failures(self.store, list(partly))}
        return {
            event_id: replace(one, source=self.source, failure=partly[event_id])
            for event_id, one in before.items()
            if one.key_values is not None and one.failure.key == partly[event_id].key
        }

    def _is_ours(self, environment: str) -> bool:
        return self.environment in (None, environment)

    def _placed(self, event: Event) -> Event:
        """With its environment as it is called here; placed again, it stays."""
        default = (self.environment or "production").rpartition("/")[2]
        environment = self.inquiry.environment_of(event.project, event.environment or default)
        same = environment == event.environment
        return event if same else replace(event, environment=environment)


def _is_rough(one: Judged) -> bool:
    """It was judged by a row, and the part of a second that this lacks may matter."""
    at, judgement = one.failure.occurred_at, one.judgement
    if one.target is None or at.microsecond:
        return False
    rows = [judgement.blocker, *judgement.candidates]
    times = [one.looked_at]
    if judgement.holder is not None:
        rows += [judgement.holder.row, judgement.holder.parent]
        times += [judgement.holder.created_at] if judgement.holder.created_at else []
    times += [row.deleted_at for row in rows if row is not None and row.deleted_at is not None]
    return bool(judgement.candidates) or any(abs(time - at) <= CLOSE for time in times)


def _all_of(back: Sequence[KeptBack]) -> KeptBack | None:
    if len(back) < 2:
        return next(iter(back), None)
    return KeptBack(back[0].why, frozenset().union(*(some.event_ids for some in back)))


def _replaced(judged: Sequence[Judged], again: Sequence[Judged]) -> list[Judged]:
    better = {one.failure.event_id: one for one in again}
    return [better.get(one.failure.event_id, one) for one in judged]


def _moved(events: Iterable[Event], known: Mapping[str, str | None]) -> dict[str, str]:
    """Issues get merged and split; an Event says which one it is in now."""
    return {
        event.event_id: event.issue_id
        for event in events
        if event.issue_id and known.get(event.event_id, event.issue_id) != event.issue_id
    }
