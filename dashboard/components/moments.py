"""Times in words: how long ago, when in the viewer's own zone, and exactly when in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from collectors.model import RowRef

_DAY = 86_400
_UNITS = (("day", _DAY, 21.5 * 3_600), ("hour", 3_600, 44.5 * 60), ("minute", 60, 44.5))
"""Each unit's seconds, and from how many on a time ago is told in it."""
_MONTH = 146_097 / 4_800 * _DAY
_LONG_AGO = (("year", 12 * _MONTH, 10.5 * _MONTH), ("month", _MONTH, 25.5 * _DAY))


def utc(moment: datetime | None) -> str:
    """The exact time.

    >>> utc(datetime(2026, 11, 22, 9, 30, 5, tzinfo=UTC))
    '2026-11-22 09:30:05 UTC'
    """
    return "–" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def zone() -> str:
    """The viewer's time zone by its name, as the browser tells it; UTC where it tells none."""
    named = st.context.timezone or "UTC"
    try:
        ZoneInfo(named)
    except (ZoneInfoNotFoundError, ValueError):  # what a browser sends may be anything
        return "UTC"
    return named


def local(moment: datetime | None) -> str:
    """The exact time where the viewer is; show `utc` beside it, on hover."""
    if moment is None:
        return "–"
    return moment.astimezone(ZoneInfo(zone())).strftime("%Y-%m-%d %H:%M:%S %Z")


def lasting(span: timedelta) -> str:
    """A length of time, in its largest unit.

    >>> lasting(timedelta(hours=49)), lasting(timedelta(minutes=1)), lasting(timedelta(seconds=9))
    ('2 days', '1 minute', 'less than a minute')
    """
    seconds = int(span.total_seconds())
    for unit, length, _ in _UNITS:
        if (count := seconds // length) >= 1:
            return _counted(count, unit)
    return "less than a minute"


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """How long ago; or in how long, where two clocks differ by that much.

    Rounded as the tables round it (`format="distance"`), so that both say the same of one moment.

    >>> noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    >>> ago(noon - timedelta(days=5.6), noon), ago(noon - timedelta(hours=23), noon)
    ('6 days ago', '1 day ago')
    >>> ago(noon - timedelta(hours=3), noon), ago(noon + timedelta(seconds=2), noon)
    ('3 hours ago', 'just now')
    >>> ago(noon - timedelta(days=41), noon), ago(noon - timedelta(days=400), noon)
    ('1 month ago', '1 year ago')
    """
    if moment is None:
        return "never"
    past = ((now or datetime.now(UTC)) - moment).total_seconds()
    seconds = abs(past)
    for unit, length, least in (*_LONG_AGO, *_UNITS):
        if seconds >= least:
            count = max(int(seconds / length + 0.5), 1)
            words = _counted(count, unit)
            return f"{words} ago" if past > 0 else f"in {words}"
    return "just now"


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}{'s' if count > 1 else ''}"


def row_words(row: RowRef) -> str:
    """A row by its table and id, and since when it is deleted. Untrusted text."""
    since = "live" if row.deleted_at is None else f"deleted {ago_and_local(row.deleted_at)}"
    return f"{row.table} {row.id}, {since}"


def ago_and_local(moment: datetime | None) -> str:
    """Both: "3 hours ago (2026-11-22 10:30:05 CET)"."""
    return "never" if moment is None else f"{ago(moment)} ({local(moment)})"
