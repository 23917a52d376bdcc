"""Times as people, mails and logs write them, in UTC. Pure; never raises."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY, _YEAR = r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?", r"(?P<year>\d{4})"
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})[a-z]{{0,6}}\.?"
_GAP = r"[\s/-]{1,3}"
_THEN = r"(?:T|:|,?\s{1,3}(?:[^\W\d]{1,3}\.?\s)?)"
"""Between a date and its clock: "2026-11-20T", "20/Nov/2026:", "20 November 2026, at ", " um "."""
_HOURS_EAST = {"CET": 1, "CEST": 2, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7}
_HOURS_EAST |= {"MDT": -6, "PST": -8, "PDT": -7}
"""Of RFC 822, which mails keep to, and of central Europe."""
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s?(?P<half>[ap])\.?m\b\.?)?"
    r"(?:\s?\(?(?:(?:UTC|GMT)?(?P<sign>[+-])(?P<east>\d\d?)(?::?(?P<more>\d\d))?"
    rf"|(?P<zone>{'|'.join(_HOURS_EAST)})|Z|UTC|GMT|(?P<word>[a-z]{{3,5}}))\b)?"
)
_FORMS = tuple(
    re.compile(rf"(?<![\w.:/-]){form}(?!\d)", re.IGNORECASE)
    for form in (
        rf"{_YEAR}[/-](?P<month>\d\d)[/-](?P<day>\d\d){_THEN}{_CLOCK}",
        rf"{_DAY}{_GAP}(?:of )?{_MONTH},?{_GAP}{_YEAR}{_THEN}{_CLOCK}",
        rf"{_MONTH}{_GAP}{_DAY},?{_GAP}{_YEAR}{_THEN}{_CLOCK}",
        rf"{_MONTH}{_GAP}{_DAY}{_GAP}{_CLOCK}\s{_YEAR}",
        rf"(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.\s?{_YEAR}{_THEN}{_CLOCK}",
        rf"(?P<day>1[3-9]|2\d|3[01])/(?P<month>\d{{1,2}})/{_YEAR}{_THEN}{_CLOCK}",
        rf"(?P<month>\d{{1,2}})/(?P<day>1[3-9]|2\d|3[01])/{_YEAR}{_THEN}{_CLOCK}",
    )
)
"""Of two numbers between slashes either may be the month, so one of them has to be above 12."""


def written_times(text: str) -> Iterator[str]:
    """RFC 3339 in UTC; one that names no zone is taken as UTC, one of several zones as of each.

    A zone is named in capitals: "met" is a word, too.

    >>> list(written_times("2026-11-21 12:34 IST"))
    ['2026-11-21T07:04:00Z', '2026-11-21T10:34:00Z', '2026-11-21T11:34:00Z']
    >>> list(written_times("Nov 20, 2026 at 2:14 PM (CET), then 20/Nov/2026:13:15:00 +0000"))
    ['2026-11-20T13:15:00Z', '2026-11-20T13:14:00Z']
    """
    for form in _FORMS:
        for match in form.finditer(text):
            told = match.groupdict()
            for zone in _zones(told):
                moment = _moment(told, zone)
                if moment is not None:
                    yield moment.isoformat().replace("+00:00", "Z")


def _moment(told: dict[str, str | None], zone: timezone) -> datetime | None:
    try:
        return datetime(
            int(told["year"] or 0),
            _month(told["month"] or ""),
            int(told["day"] or 0),
            _hour(int(told["hour"] or 0), told["half"]),
            int(told["minute"] or 0),
            int(told["second"] or 0),
            int((told["fraction"] or "0").ljust(6, "0")[:6]),
            tzinfo=zone,
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _month(told: str) -> int:
    return int(told) if told.isdecimal() else _MONTHS.index(told.lower()) + 1


def _hour(told: int, half: str | None) -> int:
    if half is None:
        return told
    if not 1 <= told <= 12:
        raise ValueError("no hour of half a day")
    return told % 12 + (12 if half.lower() == "p" else 0)


def _zones(told: dict[str, str | None]) -> Sequence[timezone]:
    if (name := told["zone"]) is not None:
        return [timezone(timedelta(hours=_HOURS_EAST[name.upper()]))]
    if (word := told["word"]) is not None:
        return _named_in(int(told["year"] or 0)).get(word, [UTC]) if word.isupper() else [UTC]
    east = timedelta(hours=int(told["east"] or 0), minutes=int(told["more"] or 0))
    return [timezone(-east if told["sign"] == "-" else east)]


@lru_cache(maxsize=8)
def _named_in(year: int) -> Mapping[str, Sequence[timezone]]:
    """By its short name each zone of the time zone database, the farthest east first."""
    found: defaultdict[str, set[timedelta]] = defaultdict(set)
    for key in available_timezones() if 1970 <= year <= 2100 else ():
        for month in (1, 7):
            at = datetime(year, month, 1, tzinfo=ZoneInfo(key))
            found[(at.tzname() or "").upper()].add(at.utcoffset() or timedelta())
    return {
        name: [timezone(one) for one in sorted(offsets, reverse=True)]
        for name, offsets in found.items()
    }
