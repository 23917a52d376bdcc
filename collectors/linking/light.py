"""A light Event → its Failure, where the row alone proves all that the body would. Pure.

A row has the exceptions' types and texts, and nothing of frames, contexts and request bodies. It is
enough when the database's own DETAIL gives the whole key, the text quotes the statement with its
parameters, and no text of the chain says otherwise, whatever their order. A row that neither tells
of a violation nor of a failed write is passed over without its body: a violation that shows only in
an event's contexts, under a transaction that names no write, is lost this way, and found by reading
every body. All others are fetched.
"""

from __future__ import annotations

from enum import StrEnum

from collectors.linking import hidden
from collectors.linking.appended import tails
from collectors.linking.operation import operation_of
from collectors.linking.phrases import (
    is_unique_type,
    may_tell_of_one,
    names_one,
    says_unique,
)
from collectors.linking.violation import read_event
from collectors.model import Event, Failure, ValueSource, ViolatedKey

_SQL = "[SQL:"


class Need(StrEnum):
    """What a row that is not enough calls for."""

    BODY = "its body"
    NOTHING = "nothing: it is no failed write"


def read_light(event: Event) -> Failure | Need:
    """The Failure of a light Event, or what is needed instead."""
    if not event.exceptions and not event.message:
        return Need.BODY
    if not _tells(event):
        writes = operation_of(event, None, {}) is not None or _quotes_statement(event)
        return Need.BODY if writes else Need.NOTHING
    if not event.exceptions or any(hidden.is_cut(one.value) for one in event.exceptions):
        return Need.BODY
    failure = read_event(event)
    return failure if _is_proven(event, failure) else Need.BODY


def is_wanted(failure: Failure) -> bool:
    """It is a Failure at all: a violated key, a failed write, or an Event that nobody can read."""
    return failure.key is not None or failure.operation is not None or failure.oddity is not None


def _tells(event: Event) -> bool:
    """Something in it may speak of a unique violation."""
    texts = [one.value for one in event.exceptions] + [event.message or ""]
    return any(may_tell_of_one(text) or says_unique(text) for text in texts) or any(
        is_unique_type(one.type) for one in event.exceptions
    )


def _quotes_statement(event: Event) -> bool:
    return any(next(iter(tails(one.value)), None) is not None for one in event.exceptions)


def _is_proven(event: Event, failure: Failure) -> bool:
    key = failure.key
    if key is None or not key.complete or key.source is not ValueSource.DETAIL or key.doubt:
        return False
    if key.constraint is None or key.table is None or not key.fields:
        return False
    return _all_agree(event, key)


def _all_agree(event: Event, key: ViolatedKey) -> bool:
    """Every text that speaks of a violation speaks of this one, so their order tells nothing."""
    values = ", ".join("null" if value is None else value for value in key.splits[0])
    printed, constraint = f")=({values})", str(key.constraint)
    texts = {one.value for one in event.exceptions if may_tell_of_one(one.value)}
    statements = {_statement(text) for text in texts if _SQL in text}
    return len(statements) < 2 and all(_agrees(text, constraint, printed) for text in texts)


def _agrees(text: str, constraint: str, printed: str) -> bool:
    """It names this key or prints these values, and neither another key nor other values."""
    names = names_one(text)
    prints = ")=(" in text
    if not (names or prints):
        return constraint in text
    return (not names or constraint in text) and (not prints or printed in text)


def _statement(text: str) -> str:
    return text[text.find(_SQL) :].partition("\n(Background on this error")[0]
