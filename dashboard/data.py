"""What the dashboard asks, one function a question: the only user of Streamlit's caches.

Answers of the store are kept until its generation grows, for everyone alike: they hold masked
values only. What asks a Target, or acts on one, is never kept.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple, ParamSpec, TypeVar

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from collectors import explain, telemetry
from collectors.errors import Unreachable
from collectors.evidence.database import Store, open_store
from collectors.evidence.reads import conflicts, failures, remediations, runs, tallies
from collectors.evidence.reads.conflicts import (
    ConflictFilter,
    ConflictRow,
    Position,
    VerdictChange,
)
from collectors.evidence.reads.failures import FailureFilter, FailureRow
from collectors.evidence.reads.remediations import RemediationFilter, RemediationRow
from collectors.evidence.reads.runs import RunRow
from collectors.explain import LiveLook, SearchAnswer
from collectors.inquiry import Inquiry, mappings, read_targets
from collectors.model import Verdict
from collectors.postgres.engine import ReadTarget
from collectors.settings import Settings, load_settings
from dashboard.access import Actor, local_actor
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Outcome, Refused
from dashboard.remediation.service import Approval, Offer, Preview, Remediation
from dashboard.remediation.service.opening import open_remediation
from dashboard.settings import load_write_settings

P = ParamSpec("P")
T = TypeVar("T")

PAGE = 25
QUEUE_PAGE = 10
ATTEMPTS_SHOWN = 200
_KEEP_ANSWERS = timedelta(minutes=10)


@dataclass(frozen=True)
class Opened:
    """The settings and the store they name."""

    settings: Settings
    store: Store


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What somebody confirmed in a dialog; who they are is asked again when it is done."""

    digest: str
    reason: str
    ticket: str | None


def _close(held: Opened) -> None:
    held.store.close()


@st.cache_resource(show_spinner=False, on_release=_close)
def opened() -> Opened:
    """Both, once a process. A TombstoneError is not kept, so a mended setting works on reload."""
    settings = load_settings()
    dsn = settings.telemetry.dsn
    telemetry.start(dsn.get_secret_value() if dsn else None)
    return Opened(settings, open_store(settings.store_url, settings.required_secret()))


class _Asked(NamedTuple):
    """What an answer is kept by: which question, of which store in which state, about what."""

    question: str
    store: str
    generation: int
    about: tuple[Any, ...]


@st.cache_data(max_entries=256, ttl=_KEEP_ANSWERS, show_spinner=False)
def _kept(_store: Store, _question: Callable[..., Any], asked: _Asked) -> Any:
    return _question(_store, *asked.about)


def _remembered(question: Callable[..., T], *about: Any) -> T:
    """`question(store, *about)`, asked once for each state of the store."""
    store = opened().store
    name = f"{question.__module__}.{question.__qualname__}"
    asked = _Asked(name, str(store.engine.url), generation(), about)
    answer: T = _answered(_kept, store, question, asked)
    return answer


def _answered(ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """A store that breaks under a running dashboard is one sentence, not a fault of our own."""
    try:
        return ask(*args, **kwargs)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        raise Unreachable(f"The store does not answer just now: {reason}.") from error


def actor() -> Actor:
    """Who is looking; the role is read anew each time."""
    return local_actor(load_write_settings())


def search(text: str) -> SearchAnswer:
    """The Conflicts a pasted text means; asks the Targets, so it is never kept."""
    with _inquiry() as inquiry:
        return _answered(explain.search, inquiry, opened().store, text)


def still_blocked(conflict_id: str) -> LiveLook:
    """Whether the key is held right now."""
    with _inquiry() as inquiry:
        return _answered(explain.still_blocked, inquiry, opened().store, conflict_id)


def offers(conflict_id: str) -> list[Offer]:
    """Every Remedy for a Conflict, possible or not; asks the Target."""
    return _answered(_remediation().offers, conflict_id, actor())


def preview(conflict_id: str, remedy: RemedyName) -> Preview | Refused:
    """What a Remedy would do: run for real, and rolled back."""
    return _answered(_remediation().preview, conflict_id, remedy, actor())


def apply(conflict_id: str, remedy: RemedyName, order: Confirmed) -> Outcome:
    """Do what was previewed, and nothing else."""
    return _answered(_remediation().apply, conflict_id, remedy, _approval(order))


def undo_preview(remediation_id: str) -> Preview | Refused:
    """What taking a remediation back would do."""
    return _answered(_remediation().undo_preview, remediation_id, actor())


def undo(remediation_id: str, order: Confirmed) -> Outcome:
    """Take a remediation back as previewed."""
    return _answered(_remediation().undo, remediation_id, _approval(order))


def remediations_of(conflict_id: str) -> list[RemediationRow]:
    """What was done, or tried, for a Conflict, newest first."""
    return _remembered(_remediations_of, conflict_id)


def generation() -> int:
    """The store's state; grows with every change."""
    return _answered(opened().store.generation)


def conflicts_page(wanted: ConflictFilter, after: Position | None) -> list[ConflictRow]:
    """A page of Conflicts, newest Failure first, with one row more if there is another page."""
    return _remembered(_conflicts, wanted, after)


def counts(wanted: ConflictFilter) -> dict[Verdict, int]:
    """How many Conflicts stand at each Verdict."""
    return _remembered(conflicts.count_by_verdict, wanted)


def organizations_blocked(environments: tuple[str, ...]) -> int:
    """How many organizations have a Conflict that is blocked now."""
    return _remembered(tallies.organizations_blocked, environments)


def failures_count(wanted: FailureFilter) -> int:
    """How many Failures match."""
    return _remembered(failures.count_failures, wanted)


def queue_page(wanted: FailureFilter, after: Position | None) -> list[FailureRow]:
    """A page of Failures to work through, newest first, with one more if there is another page."""
    return _remembered(_failures, wanted, after)


def conflict(conflict_id: str) -> ConflictRow | None:
    """One Conflict."""
    return _remembered(conflicts.find_conflict, conflict_id)


def failures_of(conflict_id: str) -> list[FailureRow]:
    """The newest ATTEMPTS_SHOWN Failures of a Conflict."""
    return _remembered(_failures_of, conflict_id)


def verdict_changes(conflict_id: str) -> list[VerdictChange]:
    """How its Verdict changed, oldest first."""
    return _remembered(conflicts.verdict_changes, conflict_id)


def last_run() -> RunRow | None:
    """The newest Run. Read afresh: a Run that only starts does not change the generation."""
    return _answered(runs.last_run, opened().store)


def organization_column(conflict: ConflictRow) -> str | None:
    """Which column of the Conflict's table names the organization; None if nobody told us."""
    target = opened().settings.targets.get(conflict.target)
    told = mappings(target) if target else {}
    table = told.get(f"{conflict.schema}.{conflict.table}") or told.get(conflict.table)
    return table.organization if table else None


def environments() -> list[str]:
    """Every environment that something was stored for."""
    return _remembered(failures.known_environments)


def constraints() -> list[str]:
    """Every unique key that a Conflict is about."""
    return _remembered(tallies.known_constraints)


def _inquiry() -> closing[Inquiry]:
    """A new one for each question: it remembers which Target did not answer."""
    return closing(Inquiry(opened().settings, opened().store))


def _remediation() -> Remediation:
    """A door of its own for each call. What a crash left behind is settled before the first."""
    _settle()
    return _door()


def _door() -> Remediation:
    held = opened()
    return open_remediation(held.settings, load_write_settings(), held.store, _readers())


@st.cache_resource(show_spinner=False)
def _settle() -> None:
    _door().settle()


def _close_all(readers: dict[str, ReadTarget]) -> None:
    for reader in readers.values():
        reader.close()


@st.cache_resource(show_spinner=False, on_release=_close_all)
def _readers() -> dict[str, ReadTarget]:
    """The Targets' read-only handles, each with its few connections."""
    return read_targets(opened().settings)


def _approval(order: Confirmed) -> Approval:
    return Approval(actor(), order.digest, order.reason, order.ticket)


def _remediations_of(store: Store, conflict_id: str) -> list[RemediationRow]:
    wanted = RemediationFilter(conflict_id=conflict_id)
    return remediations.list_remediations(store, wanted, limit=ATTEMPTS_SHOWN)


def _conflicts(store: Store, wanted: ConflictFilter, after: Position | None) -> list[ConflictRow]:
    return conflicts.list_conflicts(store, wanted, after=after, limit=PAGE + 1)


def _failures(
    store: Store, wanted: FailureFilter, after: tuple[Any, str] | None
) -> list[FailureRow]:
    return failures.list_failures(store, wanted, after=after, limit=QUEUE_PAGE + 1)


def _failures_of(store: Store, conflict_id: str) -> list[FailureRow]:
    wanted = FailureFilter(conflict_id=conflict_id)
    return failures.list_failures(store, wanted, limit=ATTEMPTS_SHOWN)
