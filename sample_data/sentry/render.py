"""Rows and bodies → JSON in the shapes of Sentry's Web API: camelCase, ids and counts as strings.

A body is decoded once, with everything that is only carried along left as it is; a body that is no
JSON object is given out as the bytes that came, which makes the page it stands in no JSON either.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Raw, Struct

from sample_data.sentry.shapes import (
    ERRORS,
    NULL,
    SdkEvent,
    SdkException,
    SdkFrame,
    exceptions_of,
    frames_of,
    message_of,
    read_sdk_event,
    text_of,
)

_OBJECT = msgspec.json.Decoder(dict[str, Raw])


class ApiFrame(Struct, rename="camel"):
    """A stack frame as the Web API gives it; the lines of code around it are left out."""

    filename: Any
    abs_path: Any
    module: Any
    function: Any
    line_no: Any
    col_no: Any
    in_app: bool
    vars: Raw
    context: tuple[()] = ()


class ApiException(Struct, rename="camel"):
    """One exception as the Web API gives it."""

    type: Any
    value: Any
    module: Any
    mechanism: Raw
    thread_id: Any
    stacktrace: dict[str, Any] | None
    raw_stacktrace: None = None


def iso(seconds: float) -> str:
    """A time as the Web API writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def json_list(items: Iterable[bytes]) -> bytes:
    """A list of what is JSON already; an item without a byte becomes null."""
    return b"[" + b",".join(item or b"null" for item in items) + b"]"


def project_json(row: sqlite3.Row) -> dict[str, Any]:
    """A project."""
    return {"id": str(row["id"]), "slug": row["slug"], "name": row["slug"], "platform": "python"}


def issue_json(row: sqlite3.Row, base_url: str, organization: str) -> dict[str, Any]:
    """An issue; `count`, `firstSeen` and `lastSeen` are of the asked period, `lifetime` is not."""
    return {
        "id": str(row["id"]),
        "shortId": f"{row['slug'].upper()}-{row['id']}",
        "title": row["title"],
        "culprit": row["culprit"],
        "permalink": f"{base_url}/organizations/{organization}/issues/{row['id']}/",
        "level": row["level"],
        "status": row["status"],
        "substatus": row["substatus"],
        "platform": row["platform"],
        "project": {"id": str(row["project_id"]), "name": row["slug"], "slug": row["slug"]},
        "type": "error",
        "metadata": {"type": row["type"], "value": row["value"]},
        "count": str(row["n"]),
        "userCount": 0,
        "firstSeen": iso(row["first"]),
        "lastSeen": iso(row["last"]),
        "lifetime": {
            "count": str(row["times_seen"]),
            "firstSeen": iso(row["first_seen"]),
            "lastSeen": iso(row["last_seen"]),
        },
        "isUnhandled": True,
        "annotations": [],
    }


def comment_json(row: sqlite3.Row) -> dict[str, Any]:
    """A comment, which Sentry calls a note."""
    return {
        "id": str(row["id"]),
        "type": "note",
        "data": {"text": row["text"]},
        "dateCreated": iso(row["created"]),
    }


def light_event_json(row: sqlite3.Row) -> dict[str, Any]:
    """An event without its body. The key "event.type" is Sentry's own spelling."""
    named = {
        "environment": row["environment"],
        "release": row["release"],
        "level": row["level"],
        "transaction": row["transaction_name"],
    }
    return {
        "id": row["event_id"],
        "eventID": row["event_id"],
        "groupID": str(row["issue_id"]),
        "projectID": str(row["project_id"]),
        "event.type": "error",
        "title": row["title"],
        "message": row["title"],
        "dateCreated": iso(row["happened"]),
        "dateReceived": iso(row["received"]),
        "tags": [{"key": key, "value": value} for key, value in named.items() if value],
    }


def full_event(row: sqlite3.Row, body: bytes) -> bytes:
    """An event with its body; the body alone, as it came, when it is no JSON object."""
    light = light_event_json(row)
    event = read_sdk_event(body)
    if event is None:
        return _odd_event(light, body)
    light["message"] = message_of(event) or ""
    light["platform"] = event.platform
    light["size"] = len(body)
    light["tags"] += _tags(event.tags)
    light["entries"] = list(_entries(event))
    light |= {"contexts": event.contexts, "context": event.extra}
    light |= {"user": event.user, "sdk": event.sdk, "errors": [], "type": "error"}
    return msgspec.json.encode(light)


def _odd_event(light: dict[str, Any], body: bytes) -> bytes:
    """A JSON object of another shape is given out with its parts in their places, as they are."""
    try:
        parts = _OBJECT.decode(body)
    except ERRORS:
        return body
    entries = [
        {"type": kind, "data": parts[kind]} for kind in ("exception", "request") if kind in parts
    ]
    for name, key in (("contexts", "contexts"), ("context", "extra"), ("message", "message")):
        if key in parts:
            light[name] = parts[key]
    return msgspec.json.encode(light | {"entries": entries})


def _entries(event: SdkEvent) -> Iterable[dict[str, Any]]:
    exceptions = exceptions_of(event)
    if exceptions:
        values = [_exception(exception) for exception in exceptions]
        yield {"type": "exception", "data": {"values": values, "excOmitted": None}}
    if message := message_of(event):
        yield {"type": "message", "data": {"formatted": message}}
    if request := event.request:
        yield {
            "type": "request",
            "data": {
                "method": request.method,
                "url": request.url,
                "query": request.query_string,
                "data": request.data,
                "headers": request.headers,
                "env": request.env,
                "inferredContentType": "application/json",
            },
        }


def _exception(exception: SdkException) -> ApiException:
    stack = None
    if exception.stacktrace is not None:
        frames = [_frame(frame) for frame in frames_of(exception)]
        own = any(frame.in_app for frame in frames)
        stack = {"frames": frames, "framesOmitted": None, "hasSystemFrames": own}
    return ApiException(
        type=exception.type,
        value=exception.value,
        module=exception.module,
        mechanism=exception.mechanism or NULL,
        thread_id=exception.thread_id,
        stacktrace=stack,
    )


def _frame(frame: SdkFrame) -> ApiFrame:
    return ApiFrame(
        filename=frame.filename,
        abs_path=frame.abs_path,
        module=frame.module,
        function=frame.function,
        line_no=frame.lineno,
        col_no=frame.colno,
        in_app=frame.in_app is not False,
        vars=frame.vars,
    )


def _tags(tags: Any) -> list[dict[str, Any]]:
    pairs = tags.items() if isinstance(tags, dict) else tags if isinstance(tags, list) else ()
    return [
        {"key": text_of(pair[0]), "value": text_of(pair[1])}
        for pair in pairs
        if isinstance(pair, tuple | list) and len(pair) == 2
    ]
