"""JSON that somebody pasted: an Event as Sentry shows it, or an error object of a driver.

Only as much of an Event as `explain` needs; the collector has its own, complete decoder.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from collectors.linking.backslashes import whole_characters
from collectors.model import Event, ExceptionValue, Frame, Request

Json = Mapping[str, object]

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 200


def read_json(text: str) -> object:
    """The JSON that the whole text is, None if it is none; its texts are of whole characters."""
    stripped = text.strip().removeprefix("```json").strip("`\n ")
    if not stripped.startswith(("{", "[")):
        return None
    try:
        found = json.loads(stripped)
        if "\\ud" in stripped or "\\uD" in stripped:
            found = json.loads(whole_characters(json.dumps(found, ensure_ascii=False)))
        return found
    except (ValueError, RecursionError):
        return None


def read_pasted_event(document: object) -> Event | None:
    """The Event in a decoded JSON document, None if it holds none."""
    body = _event_body(document)
    if body is None:
        return None
    request = _part(body, "request")
    return Event(
        event_id=_text(body.get("event_id") or body.get("eventID") or body.get("id")) or "",
        occurred_at=_time(body.get("timestamp") or body.get("dateCreated")),
        environment=_text(body.get("environment")) or _tags(body).get("environment"),
        transaction=_text(body.get("transaction")) or _tags(body).get("transaction"),
        platform=_text(body.get("platform")),
        message=_message(body),
        exceptions=tuple(_exceptions(body)),
        request=_request(request) if request else None,
        contexts=_part(body, "contexts"),
        extra=_part(body, "extra") or _part(body, "context"),
        tags=_tags(body),
    )


def _event_body(document: object) -> Json | None:
    """The Event itself, a list's first, or what a webhook or an export wraps it in."""
    if isinstance(document, list):
        document = document[0] if document else None
    for _ in range(3):
        if not isinstance(document, Mapping):
            return None
        if document.keys() & {"exception", "entries", "event_id", "eventID"}:
            return document
        document = document.get("event") or document.get("data")
    return None


def _part(body: Json, name: str) -> Json:
    """An interface of the Event: a key of its own, or one of Sentry's `entries`."""
    found = body.get(name)
    if isinstance(found, Mapping) and found:
        return found
    entries = body.get("entries")
    for entry in entries[:_MOST] if isinstance(entries, list) else []:
        if isinstance(entry, Mapping) and entry.get("type") == name:
            data = entry.get("data")
            return data if isinstance(data, Mapping) else {}
    return {}


def _message(body: Json) -> str | None:
    logged = _part(body, "logentry") or _part(body, "message")
    return _text(logged.get("formatted")) or _filled(logged) or _text(body.get("message"))


def _filled(logged: Json) -> str | None:
    """The message with its parameters where `%s` stands, and those left over in lines of their own.

    An SDK that does not format it may send the error's text as a parameter alone.
    """
    message, params = _text(logged.get("message")), logged.get("params")
    named = isinstance(params, Mapping)
    params = list(params.values()) if isinstance(params, Mapping) else params
    if message is None or not isinstance(params, list):
        return message
    texts = [str(param) for param in params[:_MOST]]
    first, *parts = message.split("%s", 0 if named else len(texts))
    inside = "".join([first, *map("".join, zip(texts, parts, strict=False))])
    return "\n".join([inside, *texts[len(parts) :]])


def _exceptions(body: Json) -> Iterator[ExceptionValue]:
    found = body.get("exception")
    values = found if isinstance(found, list) else _part(body, "exception").get("values")
    for value in values[:_MOST] if isinstance(values, list) else []:
        if isinstance(value, Mapping):
            yield ExceptionValue(
                type=_text(value.get("type")),
                module=_text(value.get("module")),
                value=_joined(value.get("value")),
                frames=tuple(_frames(value.get("stacktrace"))),
                data=_part(_part(value, "mechanism"), "data"),
                mechanism=_part(value, "mechanism"),
            )


def _frames(stacktrace: object) -> Iterator[Frame]:
    frames = stacktrace.get("frames") if isinstance(stacktrace, Mapping) else None
    for frame in frames[:_MOST] if isinstance(frames, list) else []:
        if isinstance(frame, Mapping):
            variables = frame.get("vars")
            yield Frame(
                function=_text(frame.get("function")),
                module=_text(frame.get("module")),
                in_app=bool(frame.get("in_app") or frame.get("inApp")),
                variables=variables if isinstance(variables, Mapping) else {},
            )


def _request(request: Json) -> Request:
    body = request.get("data")
    parsed = read_json(body) if isinstance(body, str) else body
    return Request(method=_text(request.get("method")), body=parsed if parsed is not None else body)


def _tags(body: Json) -> dict[str, str]:
    tags = body.get("tags")
    if isinstance(tags, Mapping):
        return {str(key): str(value) for key, value in tags.items()}
    pairs: dict[str, str] = {}
    for tag in tags[:_MOST] if isinstance(tags, list) else []:
        if isinstance(tag, Mapping) and "key" in tag:
            pairs[str(tag["key"])] = str(tag.get("value"))
        elif isinstance(tag, list) and len(tag) == 2:
            pairs[str(tag[0])] = str(tag[1])
    return pairs


def _joined(value: object) -> str:
    """Some SDKs send the value as a list, or as an object."""
    if isinstance(value, list):
        return "\n".join(str(part) for part in value[:_MOST])
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) else ""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _time(value: object) -> datetime:
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return _NO_TIME
    return _NO_TIME
