"""What is this text about, and what do we know of it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from collectors.evidence.database import Store
from collectors.evidence.reads.failures import FailureFilter, iter_verdicts
from collectors.explain.printed import NO_EVENT, judged_now
from collectors.explain.search import SearchAnswer, search
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
    event = _event_of(inquiry, text, environment)
    meant = FailureFilter(event_id=event.event_id) if event else _of_environment(environment)
    stored = [some for some in _stored(store, found, meant) if some]
    verdicts = {newest for (_, newest), *_ in stored}
    verdict = verdicts.pop() if len(verdicts) == 1 else None
    if not stored and reading.key is not None:
        now = Failure(NO_EVENT, environment or "production", datetime.now(UTC), key=reading.key)
        verdict = judged_now(inquiry, event or now)
    return Explanation(
        reading.kind,
        reading.key,
        reading.identifiers,
        tuple(event_id for some in stored for event_id, _ in some),
        verdict,
        tuple(dict.fromkeys((*found.notes, *inquiry.unreachable.values()))),
    )


def _of_environment(environment: str | None) -> FailureFilter:
    return FailureFilter(environments=() if environment is None else (environment,))


def _stored(
    store: Store, found: SearchAnswer, meant: FailureFilter
) -> Iterator[list[tuple[str, Verdict]]]:
    """Of each Conflict those that are meant, newest first; then those without one, each alone."""
    for conflict in found.conflicts:
        yield list(iter_verdicts(store, replace(meant, conflict_id=conflict.id)))
    for failure in found.failures:
        if meant.event_id in (None, failure.event_id):
            yield list(iter_verdicts(store, replace(meant, event_id=failure.event_id)))


def _event_of(inquiry: Inquiry, text: str, environment: str | None) -> Failure | None:
    """The Failure of a pasted event's JSON, None for any other text."""
    if read_pasted_event(read_json(text)) is None:
        return None
    event = next(iter(parse_events(text, Origin(datetime.now(UTC)))), None)
    if event is None:
        return None
    named = event.environment or environment or "production"
    return read_event(replace(event, environment=inquiry.environment_of(event.project, named)))
