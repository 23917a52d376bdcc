"""What a page sends for a chart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from dashboard.charts.canary import Walked, strip
from dashboard.components import picture

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def walks(count: int) -> list[Walked]:
    return [Walked("sandbox", NOON + timedelta(hours=n), "green") for n in range(count)]


def test_the_data_goes_along_whole_however_much_it_is() -> None:
    spec = picture.in_words(strip, walks(6_000))
    (written,) = spec["datasets"].values()
    rows = pa.ipc.open_stream(written).read_all().to_pylist()
    assert len(rows) == 6_000
    assert rows[1]["at"] == "2026-11-22T13:00:00+00:00"
    assert "config" not in spec


def test_the_same_facts_are_put_into_words_once() -> None:
    first = picture.in_words(strip, walks(3))
    assert picture.in_words(strip, walks(3)) is first
    assert picture.in_words(strip, walks(4)) is not first
