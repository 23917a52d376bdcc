"""What holds for every text and every Event."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from math import comb
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from collectors.linking.focus import WHOLE, focused
from collectors.linking.hidden import is_hidden, is_usable
from collectors.linking.message import read_message
from collectors.linking.tuples import LIMIT
from collectors.linking.violation import read_event, read_text
from collectors.model import Event, ExceptionValue, Frame, Request

NOW = datetime(2025, 6, 1, tzinfo=UTC)
DUPLICATE = 'duplicate key value violates unique constraint "some_key"'

FRAGMENTS = [
    DUPLICATE, "DETAIL:  Key (", "a, lower(b::text)", ")=(", ") already exists.", "...", "…", "\n",
    "\\n", '\\"', "&quot;", "&amp;", "[SQL: INSERT INTO c (a, b) VALUES ($1, $2)]",
    "\n[parameters: (", "'x', None", ")]", "[Filtered]", "***", "23505", "SQLSTATE", "P2002", "{",
    "UniqueViolation:", "}", '"code": "23505"', '{"exception": {"values": [{"value": ', "»", "«",
    "existiert bereits", "(", ")", "Customer with email x already exists.", "jane@example.com",
    "https://x/issues/1", "\x00", "\ud800", "constraint [uk_x]", "> ", "<br>", "fields: { a: 'x' }",
    "(Connection: pgsql, SQL: insert into c values (", "\nparams: ", "Ya existe la llave (a)=(",
    "\nSTATEMENT:  insert into c", "detail: '", "'{\"detail\":\"Key (a)=(", "[7] ", "\ufffd", "Â»",
    "could not create unique index", "datetime.datetime(", "SequelizeUniqueConstraintError",
]  # fmt: skip
hostile = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=10)), max_size=25).map(
    "".join
)
values = st.text(
    alphabet=st.one_of(st.sampled_from("ab ,()'\"=.%"), st.characters(exclude_categories=["Cs"])),
    max_size=15,
)
printed = st.lists(
    st.one_of(values, st.sampled_from(["[Filtered]", "***", "…", "jane@exam...", "null"])),
    min_size=2,
    max_size=2,
).map(lambda pair: f"{DUPLICATE}\nDETAIL:  Key (a, b)=({', '.join(pair)}) already exists.")
"""Whole, unlike what fragments come to: else no Event of these would have any value to look at."""
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), hostile),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.sampled_from(
                    ["code", "detail", "constraint", "query", "parameters", "email", "C", "M"]
                ),
                st.text(max_size=6),
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
mappings = st.dictionaries(
    st.sampled_from(
        ["body", "kwargs", "statement", "parameters", "detail", "x", "customer_create"]
    ),
    json_values,
    max_size=4,
)
exceptions = st.builds(
    ExceptionValue,
    type=st.one_of(st.none(), st.sampled_from(["UniqueViolationError", "IntegrityError"]), hostile),
    module=st.one_of(st.none(), hostile),
    value=st.one_of(hostile, printed),
    frames=st.lists(st.builds(Frame, variables=mappings), max_size=2).map(tuple),
)
events = st.builds(
    Event,
    event_id=st.just("e" * 32),
    occurred_at=st.just(NOW),
    transaction=st.one_of(st.none(), hostile),
    message=st.one_of(st.none(), hostile),
    exceptions=st.lists(exceptions, max_size=3).map(tuple),
    request=st.one_of(
        st.none(), st.builds(Request, method=hostile, route=hostile, body=json_values)
    ),
    contexts=mappings,
    extra=mappings,
    tags=st.dictionaries(st.sampled_from(["organization_id", "x"]), hostile, max_size=2),
)


@given(hostile)
@example("[" * 3_000)
def test_no_text_makes_it_raise(text: str) -> None:
    reading = read_text(text)
    assert (reading.key is not None) == (reading.kind == "unique_violation")


@given(events)
def test_no_event_makes_it_raise(event: Event) -> None:
    failure = read_event(event)
    assert (failure.key is None) != (failure.other is None)
    if failure.key is not None:
        assert all(len(split) == len(failure.key.splits[0]) for split in failure.key.splits)
        assert failure.key.splits or failure.key.fields or failure.key.doubt


@given(events)
def test_no_hidden_or_cut_value_is_ever_given(event: Event) -> None:
    key = read_event(event).key
    if key is not None:
        assert all(is_usable(value) for split in key.splits for value in split)
        assert all(is_usable(value) for _, value in key.fields)


marks = ("...", "…", "[truncated]")


@given(st.lists(values, min_size=1, max_size=3))
def test_values_printed_in_a_message_come_back_among_the_splits(parts: list[str]) -> None:
    told = ", ".join(parts)
    columns = "abcdefg"[: len(parts)]
    assume(comb(told.count(", "), len(parts) - 1) <= LIMIT // 4)
    assume("already" not in told and "Key" not in told and "***" not in told)
    assume(not any(part.rstrip().endswith(marks) for part in parts))
    assume(not any(map(is_hidden, parts)))  # a stand-in is no value, whoever wrote it
    text = f"{DUPLICATE}\nDETAIL:  Key ({', '.join(columns)})=({told}) already exists."
    key = read_message(text)
    assert key is not None
    true = tuple(None if part == "null" else part for part in parts)
    assert true in key.splits


HOSTILE = [
    "(", ")=(", "Key (", "Key (a)=(", "Key (a)=(b) already exists. ", ") already exists", ", ",
    "\\", '\\"', "\\nDETAIL", "&amp;", "&quot;", '"', "'", DUPLICATE, "[SQL: ", "\n", "\n> ", " ",
    "[parameters: ('", "a", "@", "a@b.", "0123456789abcdef", "http://", "<b", '{"a":', "[", "...\n",
    "violates foreign key constraint ", "2025-01-01 ", "org: ", "'a1' ", "P2002 target ", "a=",
    "constraint error when attempting to a struct: ", "Duplicate entry ", "(a)=(b) 키가 이미 있",
    "[parameters: (", "(SQL: insert into ", "\nparams: ", " parameters: ['", "Batch entry 1 ", "{",
    "\nSTATEMENT:  insert into ", "'{\"\\", "detail='\\", '"a"\n', "Ya existe la llave (a)=(b). ",
    "\n[1] " + DUPLICATE, "\ufffd", "Â",
    "@x<wbr>", "mailto:a@b[", "[a@b|mailto:", '"a\\_', "(a\\_", "@a*", "[filtered ", "<a ",
    "[SQL: WITH a AS (INSERT INTO a (b) SELECT (", "\nparams: a,", "(psycopg.errors.",
    ")=3D(=C3", ',,"insert into a (', "query='insert into a (", "*a@b*", "\u200b", "not the '",
    f"ERROR: {DUPLICATE}\n[SQL: insert into a (b) values (1)]\n",
]  # fmt: skip


SIZES = ((5_000, 50_000), (50_000, 1_000_000))
"""Characters. Up to WHOLE the rules read a text in full; beyond, only what is done before they do
grows with it: a rule that takes the square of the length shows in the first pair alone."""

TRIES = 4
"""A cold cache or a collection of garbage may fall into one measurement, not into all of them."""


def seconds(text: str) -> float:
    """CPU time of this thread alone: how busy the machine is does not count."""
    started = time.thread_time()
    read_text(text)
    return time.thread_time() - started


@pytest.mark.parametrize("fragment", HOSTILE, ids=lambda fragment: repr(fragment[:12]))
@pytest.mark.parametrize("lead", ["", f"{DUPLICATE}\nDETAIL:  Key (a, b)=("], ids=["bare", "led"])
def test_the_time_grows_with_the_text_and_at_most_a_fifth_faster(lead: str, fragment: str) -> None:
    took: dict[int, list[float]] = {}

    def measure(size: int) -> None:
        took.setdefault(size, []).append(seconds(lead + fragment * (size // len(fragment))))

    def grows_too_fast(short: int, long: int) -> bool:
        return min(took[long]) > 1.2 * long / short * max(0.002, *took[short])

    for size in {size for pair in SIZES for size in pair}:
        measure(size)
    for short, long in SIZES:
        for _ in range(TRIES):
            if grows_too_fast(short, long):
                measure(short)
                measure(long)
        assert not grows_too_fast(short, long), took


def test_the_error_is_found_in_the_middle_of_a_long_text() -> None:
    noise = "2025-06-01 10:00:00 INFO nothing happened here\n" * 12_000
    text = (
        f"{noise}ERROR: {DUPLICATE}\nDETAIL:  Key (a)=(jane@example.com) already exists.\n{noise}"
    )
    assert len(text) > 1_000_000
    key = read_text(text).key
    assert key is not None
    assert key.splits == (("jane@example.com",),)


@given(st.text(max_size=50), st.integers(0, 3_000_000))
@settings(max_examples=20)
def test_what_is_read_of_a_long_text_is_bounded(piece: str, length: int) -> None:
    text = (piece * (length // max(1, len(piece)) + 1))[:length]
    assert len(focused(text)) <= max(WHOLE, 110_000)
    assert focused(text) == text or len(text) > WHOLE


def test_huge_events_are_survived() -> None:
    huge: dict[str, Any] = {
        "body": {f"name{n}": "x" * 50 for n in range(10_000)},
        "extra": ["y"] * 50_000,
    }
    frames = tuple(Frame(variables=huge) for _ in range(50))
    exception = ExceptionValue(
        "UniqueViolationError", None, DUPLICATE + "(" * 500_000, frames=frames
    )
    failure = read_event(Event("e" * 32, NOW, exceptions=(exception,) * 10, extra=huge))
    assert failure.key is not None
    assert len(failure.key.fields) <= 64
