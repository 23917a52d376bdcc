"""Which Issue an event belongs to, and what that Issue is called; roughly as Sentry decides it.

An event's own fingerprint wins. Else it is the exceptions' types and the application's frames (all
frames where none is marked so), never their texts: a conflict with a soft-deleted row and a race
with a live one end up in the same Issue, as they do in Sentry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from sample_data.sentry.shapes import (
    SdkEvent,
    SdkFrame,
    exceptions_of,
    frames_of,
    message_of,
    text_of,
)

DEFAULT = "{{ default }}"
UNREADABLE = "<unreadable event>"


@dataclass(frozen=True, slots=True)
class Group:
    """An Issue's identity within its project, and its title, culprit, type and value."""

    fingerprint: str
    title: str
    culprit: str
    type: str = ""
    value: str = ""


def group_of(event: SdkEvent | None) -> Group:
    """The Issue of an event; all bodies that could not be read share one."""
    if event is None:
        return Group("unreadable", UNREADABLE, "")
    exceptions = exceptions_of(event)
    parts = list(_fingerprint(event))
    digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=16)
    if not exceptions:
        message = _first_line(message_of(event)) or "<unlabeled event>"
        return Group(digest.hexdigest(), message, _culprit(event))
    kind = text_of(exceptions[-1].type) or "Error"
    value = text_of(exceptions[-1].value) or ""
    title = f"{kind}: {_first_line(value)}" if value else kind
    return Group(digest.hexdigest(), title[:256], _culprit(event), kind, value[:1024])


def _fingerprint(event: SdkEvent) -> Iterator[str]:
    given = event.fingerprint if isinstance(event.fingerprint, list) else []
    for part in given or [DEFAULT]:
        if part in (DEFAULT, DEFAULT.replace(" ", "")):
            yield from _default(event)
        else:
            yield str(part)


def _default(event: SdkEvent) -> Iterator[str]:
    exceptions = exceptions_of(event)
    if not exceptions:
        template = event.logentry.get("message") if isinstance(event.logentry, dict) else None
        yield text_of(template) or message_of(event) or ""
    for exception in exceptions:
        yield text_of(exception.type) or ""
        frames = frames_of(exception)
        own = [frame for frame in frames if frame.in_app is True] or frames
        yield from map(_place, own)


def _place(frame: SdkFrame) -> str:
    return f"{frame.module or frame.filename} {frame.function}"


def _culprit(event: SdkEvent) -> str:
    if transaction := text_of(event.transaction):
        return transaction[:200]
    frames = [frame for exception in exceptions_of(event) for frame in frames_of(exception)]
    own = [frame for frame in frames if frame.in_app is True] or frames
    return f"{own[-1].module or own[-1].filename} in {own[-1].function}" if own else ""


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0][:200]
