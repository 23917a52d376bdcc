"""What is this text about, and what do we know of it?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import ConflictRow
from collectors.evidence.reads.failures import FailureFilter, FailureRow, list_failures
from collectors.explain.printed import judged_now
from collectors.explain.search import search
from collectors.inquiry import Inquiry
from collectors.linking.pasted import read_json, read_pasted_event
from collectors.linking.ticket import Identifier
from collectors.linking.violation import Kind, read_event, read_text
from collectors.model import Failure, KeyValues, Verdict, ViolatedKey
from collectors.sentry.parse import Origin, parse_events


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a text is. `failures` are stored event ids it means; `verdict` what they agree on.

    Of one Conflict that is its newest Failure's. A ticket may name whoever signed it beside whom it
    is about: where their Conflicts stand differently there is no one verdict.
    """

    kind: Kind
    key: ViolatedKey | None = None
    identifiers: tuple[Identifier, ...] = ()
    failures: tuple[str, ...] = ()
    verdict: Verdict | None = None
    notes: tuple[str, ...] = ()
    """What could not be asked, a sentence each."""

    @property
    def values(self) -> KeyValues | None:
        """The key's values where they are known in exactly one way."""
        return self.key.splits[0] if self.key is not None and self.key.complete else None


def explain_text(text: str) -> Explanation:
    """Read a text by itself: no store, no Target."""
    reading = read_text(text)
    return Explanation(reading.kind, reading.key, reading.identifiers)


def explain(inquiry: Inquiry, store: Store, text: str, environment: str | None) -> Explanation:
    """Read a text, and say what we know of it: stored Failures, else the Target's own word.

    An event's JSON counts as of its own environment and time, any other text as of now.
    """
    reading = read_text(text)
    found = search(inquiry, store, text)
    stored = [*_failures_of(store, found.conflicts), *found.failures]
    event = _event_of(inquiry, text, environment)
    if event is not None:
        stored = [failure for failure in stored if failure.event_id == event.event_id]
    elif environment is not None:
        stored = [failure for failure in stored if failure.environment == environment]
    verdict = _agreed(stored)
    if not stored and reading.key is not None:
        now = Failure("0" * 32, environment or "production", datetime.now(UTC), key=reading.key)
        verdict = judged_now(inquiry, event or now)
    return Explanation(
        reading.kind,
        reading.key,
        reading.identifiers,
        tuple(failure.event_id for failure in stored),
        verdict,
        tuple(dict.fromkeys((*found.notes, *inquiry.unreachable.values()))),
    )


def _agreed(stored: Sequence[FailureRow]) -> Verdict | None:
    newest: dict[str, Verdict] = {}
    for failure in stored:
        newest.setdefault(failure.conflict_id or failure.event_id, failure.verdict)
    verdicts = set(newest.values())
    return verdicts.pop() if len(verdicts) == 1 else None


def _event_of(inquiry: Inquiry, text: str, environment: str | None) -> Failure | None:
    """The Failure of a pasted event's JSON, None for any other text."""
    if read_pasted_event(read_json(text)) is None:
        return None
    event = next(iter(parse_events(text, Origin(datetime.now(UTC)))), None)
    if event is None:
        return None
    named = event.environment or environment or "production"
    return read_event(replace(event, environment=inquiry.environment_of(event.project, named)))


def _failures_of(store: Store, conflicts: Iterable[ConflictRow]) -> list[FailureRow]:
    return [
        failure
        for conflict in conflicts
        for failure in list_failures(store, FailureFilter(conflict_id=conflict.id))
    ]
