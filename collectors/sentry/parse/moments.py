"""Times as Sentry and its kin write them → aware UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
"""How far a sender's clock may run ahead before its time counts as absurd."""

_MILLISECONDS_FROM = 100_000_000_000


def moment(value: Any) -> datetime | None:
    """RFC 3339 text (without an offset it is UTC) or seconds or milliseconds since 1970.

    None for anything else. Python keeps six digits of a fraction and drops the rest.
    """
    if isinstance(value, bool) or value is None:
        return None
    try:
        if isinstance(value, str) and not _is_number(value):
            read = datetime.fromisoformat(value.strip())
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        seconds = float(value)
        if abs(seconds) >= _MILLISECONDS_FROM:
            seconds /= 1000
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def plausible(value: datetime | None, now: datetime) -> bool:
    """It is a time at which an Event may have happened."""
    return value is not None and EARLIEST <= value <= now + AHEAD


def _is_number(text: str) -> bool:
    return text.strip().replace(".", "", 1).isdigit() and len(text.strip()) > 8
