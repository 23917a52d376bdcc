"""Which dates and times are asked for, and which could be another day."""

from __future__ import annotations

import pytest

from collectors.postgres.dated import doubtful

PLAIN = "timestamp without time zone"
ZONED = "timestamp with time zone"

CERTAIN = [
    ("date", "2026-01-02"),
    ("date", "0044-03-15 BC"),
    ("date", "12026-01-02"),
    ("date", "infinity"),
    (PLAIN, "2026-01-02 10:00:00.123456"),
    (PLAIN, "2026-01-02"),
    ("timestamp(3) without time zone", "2026-01-02 10:00"),
    (ZONED, "2026-01-02 10:00:00+00"),
    (ZONED, "2026-01-02T10:00:00.123Z"),
    (ZONED, "2026-01-02 10:00:00-03:30"),
    (ZONED, "-infinity"),
    ("daterange", "[2026-01-02,2026-02-01)"),
    ("tstzrange", '["2026-01-02 10:00:00+00",)'),
    ("date[]", "{2026-01-02,NULL}"),
    ("datemultirange", "{[2026-01-02,2026-02-01),[2026-03-01,2026-04-01)}"),
    ("tsrange", "empty"),
    ("text", "02.01.2026"),
    ("integer", "1"),
]
DOUBTFUL = [
    ("date", "02.01.2026"),
    ("date", "02/01/2026"),
    ("date", "01-02-2026"),
    ("date", "02-Jan-26"),
    ("date", "today"),
    (PLAIN, "Fri Jan 02 10:00:00 2026"),
    (PLAIN, "02/01/2026 10:00:00"),
    (PLAIN, "1767348000000"),
    (ZONED, "2026-01-02 10:00:00"),
    (ZONED, "2026-01-02"),
    (ZONED, "2026-01-02 10:00:00 IST"),
    (ZONED, "Fri Jan 02 10:00:00 2026 IST"),
    (ZONED, "now"),
    ("daterange", "[02.01.2026,03.01.2026)"),
    ("date[]", "{02/01/2026}"),
]


@pytest.mark.parametrize(("type_", "value"), CERTAIN)
def test_one_meaning_is_asked_for(type_: str, value: str) -> None:
    assert doubtful(["a"], [type_], (value,)) is None


@pytest.mark.parametrize(("type_", "value"), DOUBTFUL)
def test_what_may_be_another_time_is_not(type_: str, value: str) -> None:
    told = doubtful(["a"], [type_], (value,))
    assert told == f"the value of a can be read as more than one {type_}"
    assert value not in told


def test_what_is_no_time_is_left_to_the_server_and_null_to_the_index() -> None:
    assert doubtful(["a", "b"], ["date", "date"], ("jane", None)) is None
