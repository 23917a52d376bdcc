"""One Run: read what is new, judge it, store it page by page, then ask again about what is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from collectors.auditing import audit_when_due
from collectors.errors import KeptBack, SentryUnreachable, SettingsError
from collectors.evidence.database import Store
from collectors.evidence.reads.followup import newest_change, turned
from collectors.evidence.reads.unmapped import blocked_by_target
from collectors.evidence.runs import finish_run, start_run
from collectors.evidence.store import load_cursor, save_page
from collectors.following import follow
from collectors.followup import follow_up
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
        summary.notes += follow_up(store, inquiry, began, progress)
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
