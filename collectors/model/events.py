"""What Sentry reported, reduced to what Tombstone reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Frame:
    """One stack frame; `variables` are as the SDK serialized them (mostly `repr` texts)."""

    function: str | None = None
    module: str | None = None
    in_app: bool = False
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExceptionValue:
    """One exception of the chain.

    data  what its own fields hold besides the text, where the SDK sends them (.NET's does)
    mechanism  how it came to be among the others, where they are more than one chain
    """

    type: str | None = None
    module: str | None = None
    value: str = ""
    frames: tuple[Frame, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    mechanism: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """The HTTP request of an Event. `body` is parsed where it was JSON, also inside a string."""

    method: str | None = None
    route: str | None = None
    body: Any = None


@dataclass(frozen=True, slots=True)
class Event:
    """One occurrence reported by Sentry, reduced to what Tombstone reads.

    `exceptions` are innermost first, as the SDK sends them. `contexts` and `extra` keep the
    driver's structured fields (`QueryFailedError.detail`, …). `oddity` says in a sentence what made
    the Event unreadable; such an Event keeps whatever could be read. Of a `light` one only a
    server's row was read, to the second: its body may say more.
    """

    event_id: str
    occurred_at: datetime
    project: str | None = None
    environment: str | None = None
    issue_id: str | None = None
    transaction: str | None = None
    release: str | None = None
    platform: str | None = None
    message: str | None = None
    exceptions: tuple[ExceptionValue, ...] = ()
    request: Request | None = None
    contexts: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    oddity: str | None = None
    light: bool = False


@dataclass(frozen=True, slots=True)
class Issue:
    """Sentry's group of Events. `title` may hold customer data until the store masks it.

    `category` is what its Events are where the server tells: `error`, or another word for what it
    found by itself.
    """

    issue_id: str
    project: str | None = None
    title: str = ""
    status: str | None = None
    substatus: str | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    count: int | None = None
    url: str | None = None
    category: str | None = None
