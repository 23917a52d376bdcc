"""What a printed `null` may have been, and texts that PostgreSQL cannot be sent."""

from __future__ import annotations

import pytest

from collectors.model import KeyPart, KeyValues
from collectors.postgres.casting import readings, unsendable


def part(type_: str, *, nullable: bool = True) -> KeyPart:
    return KeyPart("a", ("a",), type_, nullable)


@pytest.mark.parametrize(
    ("type_", "nullable", "nulls_distinct", "ways"),
    [
        ("text", True, True, [("null",)]),
        ("text", True, False, [(None,), ("null",)]),
        ("text", False, False, [("null",)]),
        ("ext.citext", True, False, [(None,), ("null",)]),
        ("jsonb", True, True, [("null",)]),
        ("uuid", True, True, []),
        ("uuid", True, False, [(None,)]),
        ("timestamp with time zone", False, False, []),
    ],
)
def test_a_printed_null(
    type_: str, nullable: bool, nulls_distinct: bool, ways: list[KeyValues]
) -> None:
    assert readings([part(type_, nullable=nullable)], (None,), nulls_distinct) == ways


def test_every_combination_is_read() -> None:
    parts = [part("text"), part("uuid"), part("text")]
    assert readings(parts, (None, "u", None), nulls_distinct=False) == [
        (None, "u", None),
        (None, "u", "null"),
        ("null", "u", None),
        ("null", "u", "null"),
    ]


def test_values_that_are_no_null_are_read_as_they_are() -> None:
    assert readings([part("text"), part("uuid")], ("NULL", "x"), nulls_distinct=True) == [
        ("NULL", "x")
    ]


@pytest.mark.parametrize(
    ("values", "sendable"),
    [(("a", None, ""), True), (("a", "b\x00"), False), (("\udfff",), False), (("🧱",), True)],
)
def test_what_cannot_be_sent(values: KeyValues, sendable: bool) -> None:
    assert (unsendable(values) is None) == sendable
