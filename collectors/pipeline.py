"""One Run: read what is new, judge it, store it page by page, then ask again about what is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from collectors.errors import SentryUnreachable, SettingsError
from collectors.evidence.database import Store
from collectors.evidence.lines import Judged
from collectors.evidence.reads.followup import (
    Pending,
    blocked_conflicts,
    open_conflicts,
    open_failures,
    outlived_failures,
    undecided_failures,
)
from collectors.evidence.store import (
    finish_run,
    known_events,
    load_cursor,
    save_looks,
    save_page,
    start_run,
)
from collectors.inquiry import Inquiry
from collectors.linking.violation import read_event
from collectors.model import Failure, Verdict
from collectors.sentry.client import SentryClient
from collectors.sentry.sources import Files, Page, Source, WebApi
from collectors.settings import Settings

Progress = Callable[[str], None]

_ASK_AT_ONCE = 1_000


@dataclass
class RunSummary:
    """What a Run did. `unreachable` names sources and Targets, `notes` are sentences."""

    read: int = 0
    stored: int = 0
    by_verdict: Counter[Verdict] = field(default_factory=Counter)
    newly_blocked: int = 0
    unblocked: int = 0
    unreachable: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def sentences(self) -> Iterator[str]:
        """The summary for people."""
        yield f"Read {self.read:,} Events, stored {self.stored:,} new Failures."
        for verdict, count in self.by_verdict.most_common():
            if count:
                yield f"  {count:>7,}  {verdict}"
        if self.newly_blocked:
            yield f"Conflicts that block somebody and did not before: {self.newly_blocked:,}."
        if self.unblocked:
            yield f"Conflicts that blocked somebody and do no more: {self.unblocked:,}."
        yield from self.notes
        yield from self.unreachable.values()


def run(
    settings: Settings,
    store: Store,
    *,
    environment: str | None = None,
    paths: Sequence[str] = (),
    since: datetime | None = None,
    full: bool = False,
    progress: Progress = lambda _: None,
) -> RunSummary:
    """Read Sentry (or the files in `paths`), judge, store, follow up.

    `environment` keeps only Events of it, and names those that name none. What cannot be reached is
    in the summary, and the rest is done. Raises UsageError and Busy.
    """
    summary = RunSummary(by_verdict=Counter(dict.fromkeys(Verdict, 0)))
    with ExitStack() as stack:
        sources = list(_sources(settings, paths, stack))
        inquiry = stack.enter_context(closing(Inquiry(settings, store)))
        blocked = blocked_conflicts(store)
        stack.enter_context(_noted(store, summary))
        collection = _Collection(store, inquiry, summary, environment, full, progress)
        for origin, source in sources:
            collection.read(origin, source, since)
        _follow_up(store, inquiry, collection.asked, progress)
        summary.unreachable |= inquiry.unreachable
    blocked_now = blocked_conflicts(store)
    summary.newly_blocked = len(blocked_now - blocked)
    summary.unblocked = len(blocked - blocked_now)
    return summary


@contextmanager
def _noted(store: Store, summary: RunSummary) -> Iterator[None]:
    """The Run as a line of the store: when it began, and how it ended, however it did."""
    number = start_run(store)
    try:
        yield
    except BaseException:
        summary.notes.append("This Run was ended before it was done.")
        raise
    finally:
        finish_run(
            store,
            number,
            read=summary.read,
            stored=summary.stored,
            unreachable=list(summary.unreachable.values()),
            notes=summary.notes,
        )


@dataclass
class _Collection:
    """Reading sources into the store, a page at a time."""

    store: Store
    inquiry: Inquiry
    summary: RunSummary
    environment: str | None
    full: bool
    progress: Progress
    asked: set[str] = field(default_factory=set)
    """Events that this Run has asked about: they are not asked again at its end."""

    def read(self, origin: str, source: Source, since: datetime | None) -> None:
        """Every page of a source; one that stops answering keeps what it gave.

        The Cursor is kept for each origin and filter: what a filtered Run passed over is not read.
        """
        cursor_name = " ".join(filter(None, (source.name, origin, self.environment)))
        cursor = None if self.full else load_cursor(self.store, cursor_name)
        try:
            for page in source.pages(since, cursor):
                self._keep(source.name, cursor_name, page)
        except SentryUnreachable as error:
            self.summary.unreachable[source.name] = str(error)

    def _keep(self, source: str, cursor_name: str, page: Page) -> None:
        pending = [Pending(source, one, None, Verdict.UNDECIDED, None) for one in self._new(page)]
        judged = self.inquiry.judge(pending)
        save_page(self.store, cursor_name, judged, issues=page.issues, cursor=page.cursor)
        self.summary.by_verdict.update(one.judgement.verdict for one in judged)
        self.asked.update(one.failure.event_id for one in judged)
        if page.note:
            self.summary.notes.append(page.note)
        self.progress(f"Read {self.summary.read:,} Events, {self.summary.stored:,} new Failures")

    def _new(self, page: Page) -> list[Failure]:
        """The page's Failures that are wanted: not stored yet, or all of them for a full Run."""
        default = self.environment or "production"
        once = {event.event_id: event for event in page.events}
        known = known_events(self.store, once)
        asked = [event for name, event in once.items() if self.full or name not in known]
        failures = [read_event(event, default_environment=default) for event in asked]
        wanted = [one for one in failures if self.environment in (None, one.environment)]
        self.summary.read += len(page.events)
        self.summary.stored += sum(one.event_id not in known for one in wanted)
        return wanted


def _sources(
    settings: Settings, paths: Sequence[str], stack: ExitStack
) -> Iterator[tuple[str, Source]]:
    """What to read, each with what tells its Cursor from another's."""
    if paths:
        yield "", Files(paths)
        return
    sentry = settings.sentry
    if sentry.token is None or sentry.organization is None:
        raise SettingsError(
            "TOMBSTONE_SENTRY__TOKEN and TOMBSTONE_SENTRY__ORGANIZATION must be set to collect "
            "from Sentry; --events PATH reads files instead."
        )
    url = str(sentry.base_url)
    client = SentryClient(url, sentry.token.get_secret_value(), sentry.organization)
    stack.callback(client.close)
    yield f"{url} {sentry.organization}", WebApi(client, sentry.projects)


def _follow_up(store: Store, inquiry: Inquiry, asked: set[str], progress: Progress) -> None:
    """Ask again about whatever may have changed and was not asked in this Run, in batches.

    A Conflict stands for its Failures: only where its newest one is judged otherwise than before
    are the rest judged too. What cannot be decided just now leaves the earlier Verdict as it is.
    """
    for batch in _batches(open_conflicts(store, asked)):
        progress(f"Asking again about {len(batch):,} open Conflicts")
        before = {one.failure.event_id: one for one in batch}
        decided = [one for one in inquiry.judge(batch) if _is_decided(one)]
        changed = [one for one in decided if _differs(one, before[one.failure.event_id])]
        moved = {str(one.conflict_id) for one in changed}
        same = [str(one.conflict_id) for one in decided if str(one.conflict_id) not in moved]
        rest = inquiry.judge(list(open_failures(store, sorted(moved))))
        save_looks(store, [one for one in rest if _is_decided(one)], same)
    alone = chain(outlived_failures(store, asked), undecided_failures(store, asked))
    for batch in _batches(alone):
        progress(f"Asking again about {len(batch):,} more Failures")
        save_looks(store, [one for one in inquiry.judge(batch) if _is_decided(one)], ())


def _is_decided(one: Judged) -> bool:
    return one.judgement.verdict is not Verdict.UNDECIDED


def _differs(one: Judged, before: Pending) -> bool:
    return (one.judgement.verdict, one.judgement.blocker) != (before.verdict, before.blocker)


def _batches(pending: Iterable[Pending]) -> Iterator[list[Pending]]:
    """Read to the end first: what is stored meanwhile must not move under the reader."""
    waiting = list(pending)
    for start in range(0, len(waiting), _ASK_AT_ONCE):
        yield waiting[start : start + _ASK_AT_ONCE]
