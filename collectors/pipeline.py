"""One Run: read what is new, judge it, store it page by page, then ask again about what is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain

from collectors.auditing import audit_when_due
from collectors.errors import KeptBack, SentryUnreachable, SettingsError
from collectors.evidence.database import Store
from collectors.evidence.lines import LOOKED_UP, Judged
from collectors.evidence.looks import save_looks
from collectors.evidence.reads.followup import (
    Pending,
    newest_change,
    open_conflicts,
    open_failures,
    outlived_failures,
    turned,
    undecided_failures,
)
from collectors.evidence.reads.unmapped import blocked_by_target
from collectors.evidence.runs import finish_run, start_run
from collectors.evidence.store import load_cursor, save_page
from collectors.following import follow
from collectors.inquiry import Inquiry
from collectors.intake import Intake, Taken
from collectors.model import Verdict
from collectors.model.counted import counted
from collectors.sentry.allowance import Allowance
from collectors.sentry.connect import connect
from collectors.sentry.sources import Files, Page, Source, WebApi, source_of
from collectors.settings import Settings
from collectors.survey import survey

Progress = Callable[[str], None]

_ASK_AT_ONCE = 1_000
_MOST_STANDING = 5
"""Notes of a Run on what could not be asked again, of those reasons that stand most often."""


@dataclass
class RunSummary:
    """What a Run did. `unreachable` names sources and Targets, `notes` are sentences.

    whole  every source was read to its end
    """

    whole: bool = False
    read: int = 0
    stored: int = 0
    by_verdict: Counter[Verdict] = field(default_factory=Counter)
    newly_blocked: int = 0
    unblocked: int = 0
    unreachable: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def sentences(self) -> Iterator[str]:
        """The summary for people."""
        yield f"Read {counted(self.read, 'Event')}, stored {counted(self.stored, 'new Failure')}."
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
        allowance = Allowance(settings.sentry.most_events)
        sources = _sources(settings, paths, stack, summary, allowance)
        inquiry = stack.enter_context(closing(Inquiry(settings, store)))
        began, last_change = datetime.now(UTC), newest_change(store)
        stack.enter_context(_noted(store, environment, summary))
        collection = _Collection(store, inquiry, summary, allowance, environment, full, progress)
        for origin, source in sources:
            collection.read(origin, source, since)
        summary.whole = not summary.unreachable
        summary.notes += _follow_up(store, inquiry, began, progress)
        summary.unreachable |= inquiry.unreachable
        summary.notes += _remapped(settings, store)
        summary.notes += _survey(settings, store, environment, full, summary, progress)
    summary.newly_blocked, summary.unblocked = turned(store, last_change)
    return summary


def _remapped(settings: Settings, store: Store) -> Iterator[str]:
    """What was found in a Target that its environment belongs to no more."""
    for row in blocked_by_target(store):
        target = settings.target_of(row.environment)
        if target != row.target:
            yield row.sentence(target)


def _survey(
    settings: Settings,
    store: Store,
    environment: str | None,
    full: bool,
    summary: RunSummary,
    progress: Progress,
) -> list[str]:
    """Count in the Targets that this Run is about and audit them, if it is time to; what failed."""
    target = None if environment is None else settings.target_of(environment)
    if environment is not None and target is None:
        return []
    silent = summary.unreachable
    done = survey(settings, store, full=full, only=target, without=silent, progress=progress)
    return [*done.notes, *audit_when_due(settings, store, only=target, without=silent)]


@contextmanager
def _noted(store: Store, environment: str | None, summary: RunSummary) -> Iterator[None]:
    """The Run as a line of the store: when it began, and how it ended, however it did."""
    number = start_run(store, environment)
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
            whole=summary.whole,
        )


@dataclass
class _Collection:
    """Reading sources into the store, a page at a time."""

    store: Store
    inquiry: Inquiry
    summary: RunSummary
    allowance: Allowance
    environment: str | None
    full: bool
    progress: Progress

    def read(self, origin: str, source: Source, since: datetime | None) -> None:
        """Every page of a source; one that stops answering keeps what it gave.

        The Cursor is kept for each origin and filter: what a filtered Run passed over is not read.
        It stays where it is from the first page on of which an Event was kept back.
        """
        cursor_name = " ".join(filter(None, (source.name, origin, self.environment)))
        cursor = None if self.full else load_cursor(self.store, cursor_name)
        intake = Intake(
            self.store,
            self.inquiry,
            source.name,
            self.environment,
            self.full,
            keep_all=source.name == Files.name,
        )
        back: KeptBack | None = None
        try:
            for page in source.pages(since, cursor):
                taken = intake.take(page)
                back = back or taken.kept_back
                self._keep(cursor_name, replace(page, cursor=None) if back else page, taken)
        except SentryUnreachable as error:
            self.summary.unreachable[source.name] = str(error)
        else:
            if isinstance(source, WebApi):
                placed = self.inquiry.environment_of
                self.summary.notes += follow(self.store, source.client, placed)
            if back:
                self.summary.unreachable[source.name] = str(back)

    def _keep(self, cursor_name: str, page: Page, taken: Taken) -> None:
        save_page(
            self.store,
            cursor_name,
            taken.judged,
            issues=page.issues,
            cursor=page.cursor,
            passed=taken.passed,
            moved=taken.moved,
            coverage=page.coverage,
        )
        self.allowance.left -= taken.new
        self.summary.read += len(page.events)
        self.summary.stored += taken.stored
        self.summary.by_verdict.update(one.judgement.verdict for one in taken.judged)
        if page.note:
            self.summary.notes.append(page.note)
        if page.coverage is not None and not page.coverage.complete:
            self.summary.notes.append(page.coverage.sentence())
        read, new = counted(self.summary.read, "Event"), self.summary.stored
        self.progress(f"Read {read}, {counted(new, 'new Failure')}")


def _sources(
    settings: Settings,
    paths: Sequence[str],
    stack: ExitStack,
    summary: RunSummary,
    allowance: Allowance,
) -> list[tuple[str, Source]]:
    """What to read, each with what tells its Cursor from another's."""
    if paths:
        return [("", Files(paths))]
    sentry = settings.sentry
    if sentry.token is None:
        raise SettingsError(
            "TOMBSTONE_SENTRY__TOKEN must be set to collect from Sentry; --events PATH reads files "
            "instead."
        )
    client = stack.enter_context(closing(connect(sentry)))
    try:
        source = source_of(client, sentry, allowance)
    except SentryUnreachable as error:
        summary.unreachable[WebApi.name] = str(error)
        return []
    return [(" ".join(filter(None, (str(sentry.base_url), sentry.organization))), source)]


def _follow_up(store: Store, inquiry: Inquiry, began: datetime, progress: Progress) -> list[str]:
    """Ask again about whatever may have changed and was not asked in this Run; what stands as seen.

    A Conflict stands for its Failures: only where its newest one is judged otherwise than before
    are the rest judged too. What cannot be decided just now leaves the earlier Verdict as it is.
    """
    standing: Counter[tuple[str | None, str]] = Counter()
    for batch in _batches(open_conflicts(store, began)):
        progress(f"Asking again about {len(batch):,} open Conflicts")
        before = {one.failure.event_id: one for one in batch}
        asked = inquiry.judge(batch)
        standing.update((one.target, reason) for one in asked if (reason := _why_it_stands(one)))
        decided = [one for one in asked if _is_decided(one)]
        changed = [one for one in decided if _differs(one, before[one.failure.event_id])]
        moved = {str(one.conflict_id) for one in changed}
        looks = {str(one.conflict_id): one.looked_at for one in decided}
        same = {conflict: at for conflict, at in looks.items() if conflict not in moved}
        rest = inquiry.judge(list(open_failures(store, sorted(moved))))
        alone = [one for one in changed if one.source == LOOKED_UP]
        save_looks(store, [*alone, *(one for one in rest if _is_decided(one))], same)
    undecided = undecided_failures(store, inquiry.can_ask, began)
    for batch in _batches(chain(outlived_failures(store), undecided)):
        progress(f"Asking again about {counted(len(batch), 'more Failure')}")
        judged = inquiry.judge(batch)
        decided = [one for one in judged if _is_decided(one)]
        save_looks(store, decided, {}, [one for one in judged if not _is_decided(one)])
    return list(_as_last_seen(standing))


def _as_last_seen(standing: Counter[tuple[str | None, str]]) -> Iterator[str]:
    for (target, reason), number in standing.most_common(_MOST_STANDING):
        stand = counted(number, "open Conflict stands", "open Conflicts stand")
        yield f"Target {target}: {stand} as last seen. {reason}"


def _why_it_stands(one: Judged) -> str | None:
    """Why the Target, which did answer, could not tell; that it did not is said by itself."""
    finding = next(iter(one.judgement.findings), None)
    if _is_decided(one) or finding is None or finding.rule == "no_target":
        return None
    return finding.reason


def _is_decided(one: Judged) -> bool:
    return one.judgement.verdict is not Verdict.UNDECIDED


def _differs(one: Judged, before: Pending) -> bool:
    return (one.judgement.verdict, one.judgement.blocker) != (before.verdict, before.blocker)


def _batches(pending: Iterable[Pending]) -> Iterator[list[Pending]]:
    """Read to the end first: what is stored meanwhile must not move under the reader."""
    waiting = list(pending)
    for start in range(0, len(waiting), _ASK_AT_ONCE):
        yield waiting[start : start + _ASK_AT_ONCE]
