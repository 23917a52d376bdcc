"""Times and lengths of time as people type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from collectors.errors import UsageError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def duration(text: str) -> timedelta:
    """`5m` → five minutes; a UsageError for what is none."""
    found = re.fullmatch(r"(\d{1,6})([smhdw])", text.strip())
    if found is None:
        raise UsageError(f"{text!r} is not a duration such as 30s, 5m, 12h or 14d.")
    try:
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    except OverflowError as error:
        raise UsageError(f"{text!r} is longer than anybody has kept time.") from error


def whole_days(text: str | None) -> datetime | None:
    """Days and weeks count from a UTC midnight, as the dashboard's periods do."""
    found = moment(text)
    if found is None or text is None or text.strip()[-1:] not in "dw":
        return found
    return found.replace(hour=0, minute=0, second=0, microsecond=0)


def moment(text: str | None) -> datetime | None:
    """`14d` → two weeks ago; a date or time in UTC as it is; a UsageError for one to come."""
    if text is None:
        return None
    found = _read(text)
    if found > datetime.now(UTC):
        raise UsageError(f"{text!r} is still to come.")
    return found


def _read(text: str) -> datetime:
    if re.fullmatch(r"\d{1,6}[smhdw]", text.strip()):
        try:
            return datetime.now(UTC) - duration(text)
        except OverflowError as error:
            raise UsageError(f"{text!r} ago is before the first year.") from error
    try:
        found = datetime.fromisoformat(text.strip())
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except ValueError as error:
        raise UsageError(f"{text!r} is neither a duration such as 14d nor a date.") from error
    except OverflowError as error:
        raise UsageError(f"{text!r} is in no year from 1 to 9999.") from error
