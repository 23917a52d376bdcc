"""How long ago: the same words that a table's "distance" column has for the same moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.components.moments import ago

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=-3), "just now"),
        (timedelta(seconds=44), "just now"),
        (timedelta(seconds=50), "1 minute ago"),
        (timedelta(seconds=100), "2 minutes ago"),
        (timedelta(minutes=44), "44 minutes ago"),
        (timedelta(minutes=50), "1 hour ago"),
        (timedelta(hours=1.6), "2 hours ago"),
        (timedelta(hours=21), "21 hours ago"),
        (timedelta(hours=23), "1 day ago"),
        (timedelta(days=5.4), "5 days ago"),
        (timedelta(days=5.6), "6 days ago"),
        (timedelta(days=25.4), "25 days ago"),
        (timedelta(days=41), "1 month ago"),
        (timedelta(days=46), "2 months ago"),
        (timedelta(days=319), "10 months ago"),
        (timedelta(days=320), "1 year ago"),
        (timedelta(days=548), "2 years ago"),
        (timedelta(minutes=-2), "in 2 minutes"),
        (timedelta(days=-3), "in 3 days"),
    ],
    ids=str,
)
def test_it_rounds_as_the_tables_do(span: timedelta, words: str) -> None:
    assert ago(NOON - span, NOON) == words
