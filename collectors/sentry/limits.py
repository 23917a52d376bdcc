"""How long to wait for Sentry, and when it asks us to: pure arithmetic over its headers.

`Retry-After` is RFC 9110's; `X-Sentry-Rate-Limit-Remaining`, `-Reset` (seconds since 1970),
`-ConcurrentLimit` and `-ConcurrentRemaining` are described at
https://docs.sentry.io/api/ratelimits/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take.

    patience_s       how long one call may go on in all, waits and retries included
    knocks_s         how long it goes on where nobody so much as takes the connection
    first_wait_s     the wait before the first retry; it doubles, with jitter
    max_reply_bytes  a larger reply is given up while it is read, and while it is unpacked; a page
                     of 100 of the largest events measured has 43 MB
    at_once          how many calls may be under way at the same time
    """

    timeout_s: float = 30.0
    patience_s: float = 120.0
    knocks_s: float = 8.0
    first_wait_s: float = 0.5
    max_reply_bytes: int = 64_000_000
    at_once: int = 4


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds a refused call should wait, None when the server does not say."""
    told = headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdigit():
        return float(told)
    if told and (at := _http_date(told)):
        return max(0.0, (at - server_time(headers, now)).total_seconds())
    return _until_reset(headers, now)


def pause_after(headers: Mapping[str, str], now: datetime) -> float:
    """The seconds to wait before the next call, after one that was answered."""
    if headers.get("X-Sentry-Rate-Limit-Remaining", "").strip() != "0":
        return 0.0
    return _until_reset(headers, now) or 0.0


def at_once_after(headers: Mapping[str, str], running: int, most: int) -> int:
    """How many calls may run at once, of which `running` do: never none, never above `most`.

    Sentry counts the calls of everybody who has the token; what it says remains is beside ours.
    """
    limit = _number(headers.get("X-Sentry-Rate-Limit-ConcurrentLimit"))
    left = _number(headers.get("X-Sentry-Rate-Limit-ConcurrentRemaining"))
    allowed = min(most, most if limit is None else limit)
    return max(1, allowed if left is None else min(allowed, running + left))


def _number(text: str | None) -> int | None:
    told = (text or "").strip()
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None


def _until_reset(headers: Mapping[str, str], now: datetime) -> float | None:
    reset = headers.get("X-Sentry-Rate-Limit-Reset", "").strip()
    if not (reset.isascii() and reset.isdigit()) or len(reset) > 12:
        return None
    return max(0.0, float(reset) - server_time(headers, now).timestamp())


def server_time(headers: Mapping[str, str], now: datetime) -> datetime:
    """The server's own clock, for its times are by that."""
    return _http_date(headers.get("Date", "")) or now


def _http_date(text: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
