"""Cutting a printed tuple back into values."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from collectors.linking.tuples import LIMIT, splits

UUID = "0d9e2c1a-7b54-4e0e-9a51-3f6f1c2b7a10"


def printed(values: tuple[str | None, ...]) -> str:
    """As `BuildIndexValueDescription` prints them."""
    return ", ".join("null" if value is None else value for value in values)


awkward = st.text(alphabet=st.sampled_from("ab ,()'\"=.\\\n%é"), max_size=8)
sentences = st.sampled_from(
    ["x) already exists.", "Doe, Jane", "null", "", ", ", UUID, "a)=(b", "..."]
)
values = st.one_of(st.text(max_size=12), awkward, sentences, st.none())
names = st.sampled_from(
    ["a", "email", "organization_id", "lower(email::text)", "deleted_at", "is_default"]
)


@given(st.lists(st.tuples(names, values), min_size=1, max_size=4))
def test_the_true_values_are_among_the_splits(pairs: list[tuple[str, str | None]]) -> None:
    columns = tuple(name for name, _ in pairs)
    true = tuple(None if value == "null" else value for _, value in pairs)
    text = printed(true)
    assume(comb(text.count(", "), len(columns) - 1) <= LIMIT)
    assert true in splits(columns, text)


@given(st.lists(names, min_size=1, max_size=5), st.text(max_size=200))
def test_every_split_prints_the_same_tuple(columns: list[str], text: str) -> None:
    for way in splits(columns, text):
        assert len(way) == len(columns)
        assert printed(way) == text


@given(st.integers(1, 40), st.integers(0, 400))
def test_the_number_of_splits_is_bounded(columns: int, commas: int) -> None:
    found = splits([f"c{n}" for n in range(columns)], ", ".join("x" * (commas + 1)))
    assert len(found) <= LIMIT
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("columns", "text", "expected"),
    [
        (("a",), "x, y", (("x, y",),)),
        (("a", "b"), "x, y", (("x", "y"),)),
        (("a", "b"), "x", ()),
        ((), "x", ()),
        (("a", "b"), "null, null", ((None, None),)),
        (("a", "b"), ", ", (("", ""),)),
        (("COALESCE(n, 0)", "name"), "1, Doe, Jane", (("1", "Doe, Jane"),)),
        (("name", "(id::uuid)"), f"Doe, Jane, {UUID}", (("Doe, Jane", UUID),)),
        (("md5(a)", "b"), "x, y, z", (("x", "y, z"),)),
    ],
    ids=[
        "one column takes all",
        "one way",
        "too few",
        "no columns",
        "nulls",
        "empty values",
        "a number holds no comma",
        "a uuid holds no comma",
        "a hash holds no comma",
    ],
)
def test_splits(
    columns: tuple[str, ...], text: str, expected: tuple[tuple[str | None, ...], ...]
) -> None:
    assert splits(columns, text) == expected


def test_a_name_that_promises_a_uuid_only_orders_the_ways() -> None:
    ways = splits(("name", "customer_id"), f"a, b, {UUID}, c")
    assert len(ways) == 3
    assert ("a, b", f"{UUID}, c") in ways


def test_an_expression_that_allows_commas_prunes_nothing() -> None:
    assert len(splits(("lower(email::text)", "(a || b::integer)"), "x, y, z")) == 2


def test_where_the_ways_are_too_many_those_with_one_long_value_stay() -> None:
    pieces = [f"p{n}" for n in range(40)]
    ways = splits(("a", "b", "c", "d"), ", ".join(pieces))
    assert ("p0", ", ".join(pieces[1:38]), "p38", "p39") in ways
