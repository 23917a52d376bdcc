"""One event body → one Event, whatever the body."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from collectors.model import Event
from collectors.sentry.parse.decode import decode_body
from collectors.sentry.parse.entries import entries_of
from collectors.sentry.parse.exceptions import read_exceptions
from collectors.sentry.parse.identity import read_id, read_time, synthetic_id
from collectors.sentry.parse.origin import Origin
from collectors.sentry.parse.request import read_request
from collectors.sentry.parse.routes import transaction_name
from collectors.sentry.parse.shapes import Body
from collectors.sentry.parse.tags import read_tags
from collectors.sentry.parse.text import REPLACEMENT, as_text, as_word, mapping_of

MAX_PARAMS = 20
"""Parameters of a log message that are read."""

BAD_TEXT = "The error text held characters that are not valid; they are lost."


def parse_event(raw: bytes | Raw, origin: Origin) -> Event:
    """The Event of one body. Never raises: what could not be read is named in `oddity`."""
    decoded = decode_body(raw)
    if decoded.body is None:
        return Event(
            event_id=synthetic_id(raw),
            occurred_at=origin.received_at,
            project=origin.project,
            issue_id=origin.issue_id,
            oddity=decoded.oddity,
        )
    return _read(raw, origin, decoded.body, decoded.oddity)


def _read(raw: bytes | Raw, origin: Origin, outer: Body, loss: str | None) -> Event:
    """`outer` is Bugsink's record around the SDK's body; elsewhere it is the body."""
    body = outer.data or outer
    event_id, no_id = read_id(raw, body, outer)
    occurred_at, no_time = read_time(origin, body, outer)
    exceptions = read_exceptions(body)
    bad_text = BAD_TEXT if any(REPLACEMENT in e.value for e in exceptions) else None
    tags = read_tags(body.tags)
    return Event(
        event_id=event_id,
        occurred_at=occurred_at,
        project=origin.project
        or _first(body.project_id_camel, body.project_id, outer.project, body.project),
        environment=as_word(body.environment) or tags.get("environment"),
        issue_id=origin.issue_id
        or _first(body.group_id_camel, body.group_id, outer.issue, body.issue),
        transaction=_transaction(body, tags),
        release=_release(body.release) or tags.get("release"),
        platform=as_word(body.platform),
        message=_message(body),
        exceptions=exceptions,
        request=read_request(body),
        contexts=mapping_of(body.contexts),
        extra=mapping_of(body.extra) or mapping_of(body.context),
        tags=tags,
        oddity=" ".join(filter(None, (loss, no_id, no_time, bad_text))) or None,
    )


def _first(*values: Any) -> str | None:
    return next((word for word in map(as_word, values) if word), None)


def _transaction(body: Body, tags: dict[str, str]) -> str | None:
    name = as_word(body.transaction) or tags.get("transaction") or as_word(body.culprit)
    return transaction_name(name) or None if name else None


def _release(value: Any) -> str | None:
    return as_word(value.get("version") if isinstance(value, dict) else value)


def _message(body: Body) -> str | None:
    entry = next(entries_of(body, "message"), None)
    for value in (body.logentry, body.message, entry and msgspec.structs.asdict(entry)):
        if isinstance(value, dict):
            value = value.get("formatted") or _filled(value.get("message"), value.get("params"))
        if text := as_text(value):
            return text
    return None


def _filled(message: Any, params: Any) -> Any:
    """The message with its parameters where `%s` stands, and those left over in lines of their own.

    Sentry's server formats it; an SDK that does not may send the error's text as a parameter alone.
    """
    named = isinstance(params, dict)
    params = list(params.values()) if named else params
    if not isinstance(message, str) or not isinstance(params, list):
        return message
    texts = [as_text(param) or "" for param in params[:MAX_PARAMS]]
    first, *parts = message.split("%s", 0 if named else len(texts))
    inside = "".join([first, *map("".join, zip(texts, parts, strict=False))])
    return "\n".join([inside, *texts[len(parts) :]])
