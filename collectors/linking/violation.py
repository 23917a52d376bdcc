"""An Event or a pasted text → the Failure and the key it violated. Pure; no input makes it raise.

What is read, best first: the driver's structured fields, the texts of every exception of the chain,
the SQL parameters, the variables of stack frames, the request body. An Event proves nothing: it
only says where to look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from collectors.linking.attempts import of_last_try, unsuppressed
from collectors.linking.backslashes import from_markdown, unescape
from collectors.linking.chain import read_chain, structured
from collectors.linking.driver import UNIQUE, DriverError, driver_errors
from collectors.linking.hints import organization_of
from collectors.linking.operation import operation_of
from collectors.linking.other import database_error, describe, state_words
from collectors.linking.pasted import read_json, read_pasted_event
from collectors.linking.ticket import Identifier, IdentifierKind, identifiers
from collectors.linking.transfer import from_quoted_printable
from collectors.linking.values import about, tried_before, with_fields, written
from collectors.model import Event, Failure, ViolatedKey

Kind = Literal["unique_violation", "other_database_error", "not_recognised"]

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TextReading:
    """What a pasted text is and names. Only a unique violation has a `key`."""

    kind: Kind
    key: ViolatedKey | None = None
    identifiers: tuple[Identifier, ...] = ()


def read_event(event: Event) -> Failure:
    """Reduce an Event to a Failure; without a unique violation `other` says what it is instead."""
    event = replace(
        event,
        exceptions=unsuppressed(event.exceptions),
        contexts=of_last_try(event.contexts),
        extra=of_last_try(event.extra),
    )
    drivers = structured(event)
    key = read_chain(event, drivers)
    told = about(event, key) if key is not None else event
    wrote = written(told, drivers, key=key)
    if key is not None:
        wrote = replace(wrote, again=tried_before(event, key))
        key = with_fields(key, told, wrote)
    return Failure(
        event_id=event.event_id,
        environment=event.environment or "production",  # as an SDK says that nobody told
        occurred_at=event.occurred_at,
        project=event.project,
        operation=operation_of(event, wrote.statement, wrote.fields),
        transaction=event.transaction,
        release=event.release,
        issue_id=event.issue_id,
        key=key,
        other=None if key is not None else _other(event, drivers),
        oddity=event.oddity,
        organization_id=organization_of(told, key),
    )


def read_text(text: str) -> TextReading:
    """What a pasted error text, event JSON, driver object or ticket tells. Never raises."""
    document = read_json(text)
    event = read_pasted_event(document)
    if event is not None:
        return _read_pasted_event(event)
    drivers = list(driver_errors(document))
    text = from_markdown(from_quoted_printable(text))
    pasted = Event(event_id="", occurred_at=_NO_TIME, message=text)
    key = read_chain(pasted, drivers)
    if key is not None:
        key = with_fields(key, pasted, written(pasted, drivers, key=key))
        return TextReading("unique_violation", key, tuple(_around(text, key)))
    other = _by_code(drivers) or database_error(unescape(text) if "\\u" in text else text)
    return TextReading(
        "other_database_error" if other else "not_recognised", None, identifiers(text)
    )


def _around(text: str, key: ViolatedKey) -> Iterator[Identifier]:
    """What the text names beside `key`; an address that a broken line cut is its value's."""
    whole = [v for split in key.splits for v in split if v and "@" in v]
    for named in identifiers(text):
        is_cut = named.kind is IdentifierKind.EMAIL and _is_tail(named.value, whole)
        if named.value != key.constraint and not is_cut:
            yield named
    if key.complete:
        yield from (one for one in identifiers("\n".join(whole)) if one.value not in text)


def _is_tail(address: str, whole: Sequence[str]) -> bool:
    return address not in whole and any(value.endswith(address) for value in whole)


def _read_pasted_event(event: Event) -> TextReading:
    failure = read_event(event)
    named = tuple(_named(event, failure))
    if failure.key is not None:
        return TextReading("unique_violation", failure.key, named)
    texts = (f"{error.type}: {error.value}" for error in event.exceptions)
    other = _by_code(structured(event)) or any(map(database_error, texts))
    return TextReading("other_database_error" if other else "not_recognised", None, named)


def _named(event: Event, failure: Failure) -> list[Identifier]:
    """What an Event names: itself, and whoever the values of its key name; never its `user`."""
    values = [v for split in (failure.key.splits if failure.key else ()) for v in split if v]
    found = list(identifiers("\n".join(values)))
    if failure.organization_id:
        found.insert(0, Identifier(IdentifierKind.ORGANIZATION, failure.organization_id))
    if event.event_id:
        compact = event.event_id.replace("-", "").lower()
        found.insert(0, Identifier(IdentifierKind.EVENT_ID, compact))
    return found


def _other(event: Event, drivers: list[DriverError]) -> str:
    return _by_code(drivers) or describe(event)


def _by_code(drivers: list[DriverError]) -> str | None:
    """What the driver's own code says, with the constraint where it names one.

    A unique violation that is none of ours says nothing of what failed instead.
    """
    for error in drivers:
        if error.code is not None and error.code != UNIQUE:
            words = state_words(error.code)
            return f"{words} ({error.constraint})" if error.constraint else words
    return None
