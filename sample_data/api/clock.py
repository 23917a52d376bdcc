"""The time a request believes it is: the real one, unless the control token set another.

Only the scenario sets it, to play eight weeks in seconds. Rows and the Sentry event of the request
take this time; everything else about the request is as it happens.
"""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, datetime

_shifted: ContextVar[datetime | None] = ContextVar("sandbox_now", default=None)


def now() -> datetime:
    """The request's time, in UTC."""
    return _shifted.get() or datetime.now(UTC)


def shifted() -> datetime | None:
    """The time that was set for this request, if one was."""
    return _shifted.get()


def shift(moment: str | None) -> None:
    """Set the time of the current request: RFC 3339, with its offset."""
    _shifted.set(datetime.fromisoformat(moment).astimezone(UTC) if moment else None)
