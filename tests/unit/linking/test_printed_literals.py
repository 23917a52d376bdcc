"""Values as programs print them, whole or cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.linking.backslashes import unescape
from collectors.linking.literals import UNKNOWN, Tree, plain, printed, read_at

UUID = "0d9e2c1a-7b54-4e0e-9a51-3f6f1c2b7a10"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("'jane'", "jane"),
        ('"O\'Brien"', "O'Brien"),
        (r"'it\'s'", "it's"),
        (r"'a\\b\n'", "a\\b\n"),
        (r"'J\xfcrgen'", "Jürgen"),
        ("None", None),
        ("null", None),
        ("True", "t"),
        ("false", "f"),
        ("-12.50", "-12.50"),
        (f"UUID('{UUID}')", UUID),
        ("Decimal('1.50')", "1.50"),
        ("<Status.active: 'active'>", "active"),
        (
            "datetime.datetime(2025, 6, 1, 10, 0, tzinfo=datetime.timezone.utc)",
            "2025-06-01 10:00:00+00",
        ),
        ("datetime.datetime(2025, 6, 1, 10, 0, 5)", "2025-06-01 10:00:05"),
        ("datetime.datetime(2025, 6, 1, tzinfo=ZoneInfo('Europe/Berlin'))", UNKNOWN),
        ("datetime.datetime(2025)", UNKNOWN),
        ("datetime.date(2025, 6, 1)", "2025-06-01"),
        ("datetime.date(2025, 6)", UNKNOWN),
        ("datetime.date(2025, 6, 31)", UNKNOWN),
        ("b'bytes'", UNKNOWN),
        ("<Customer object at 0x7f>", UNKNOWN),
        ("[]", []),
        ("('a', None, 3)", ["a", None, "3"]),
        ("('a',)", ["a"]),
        ("{'a': 'b', 'c': None}", {"a": "b", "c": None}),
        ("{ email: 'x', n: 1 }", {"email": "x", "n": "1"}),
        ('{"a"=>"b", "n"=>1}', {"a": "b", "n": "1"}),
        ('{:a=>"b", c: nil}', {"a": "b", "c": None}),
        ('%{"a" => "b", c: 1}', {"a": "b", "c": "1"}),
        ("['a' => 'b', 'c' => null]", {"a": "b", "c": None}),
        ('{"user"=>{"a"=>"b"}, "c"=>"d', {"user": {"a": "b"}, "c": UNKNOWN}),
        ("[('a', 1), ('b', 2)]", [["a", "1"], ["b", "2"]]),
        ("('[Filtered]', 'x')", [UNKNOWN, "x"]),
        ("('aaa ... (900 characters truncated) ... b', 'x')", [UNKNOWN, "x"]),
        ("('a', 'jane@exa", ["a"]),
        ("('a', 'b', ... 5 parameters truncated ...", ["a", "b"]),
        ("", UNKNOWN),
        ("'unclosed", UNKNOWN),
    ],
)
def test_literals(text: str, tree: Tree) -> None:
    assert read_at(text, 0)[0] == tree


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    read_at(text, 0)
    printed(text)
    unescape(text)


@given(st.text(alphabet=st.sampled_from("'\"\\([{}]),:= UUdatetime.1"), max_size=120))
def test_no_hostile_literal_raises(text: str) -> None:
    read_at(text, 0)


@given(
    st.lists(st.one_of(st.none(), st.text(max_size=20).filter(lambda s: plain(s) is not UNKNOWN)))
)
def test_a_python_list_is_read_back(items: list[str | None]) -> None:
    assert read_at(repr(items), 0)[0] == items


@pytest.mark.parametrize(
    ("value", "expected"),
    [("x", "x"), (True, "t"), (3, "3"), (2.5, "2.5"), (None, None), (float("nan"), UNKNOWN)],
)
def test_decoded_values_are_printed_as_the_server_would(value: object, expected: Tree) -> None:
    assert plain(value) == expected


def test_a_value_too_long_for_any_key_is_unknown() -> None:
    assert plain("x" * 5_000) is UNKNOWN


def test_a_plain_text_that_begins_like_a_collection_stays_a_text() -> None:
    assert printed("(42)=7") == "(42)=7"
