"""Times and lengths of time as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collectors.errors import UsageError
from dashboard.commands.times import moment


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-11-28", "2026-11-28T00:00:00"),
        (" 2026-11-28 ", "2026-11-28T00:00:00"),
        ("2026-11-28T10:00:00Z", "2026-11-28T10:00:00"),
        ("2026-11-28T00:00:00+05:45", "2026-11-27T18:15:00"),
    ],
)
def test_a_date_is_told_in_utc(text: str, told: str) -> None:
    assert moment(text) == datetime.fromisoformat(told).replace(tzinfo=UTC)
    assert moment(text).tzinfo is UTC  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    ["", "-5d", "1.5d", "yesterday", "999999w", "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00"],
)
def test_what_is_no_time_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match=r"neither a duration|first year|no year"):
        moment(text)


def test_a_time_to_come_is_wrong_usage() -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with pytest.raises(UsageError, match="still to come"):
        moment(tomorrow.isoformat())
