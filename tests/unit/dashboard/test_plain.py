"""Untrusted text is cleaned of what drives a reader, and stays what it was otherwise."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.components.attempts import web_link
from dashboard.components.plain import LONGEST, cell, cleaned

HARMFUL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text())
def test_nothing_invisible_is_left_in_a_line(text: str) -> None:
    assert not [one for one in cleaned(text) if unicodedata.category(one) in HARMFUL]


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert cleaned(cleaned(text)) == cleaned(text)


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "S"))))
def test_visible_text_stays_as_it_is(text: str) -> None:
    assert cleaned(text) == text


def test_line_breaks_stay_only_where_lines_are_wanted() -> None:
    assert cleaned("one\ntwo") == "one two"
    assert cleaned("one\ntwo", lines=True) == "one\ntwo"


def test_a_text_without_end_is_cut() -> None:
    assert len(cleaned("x" * 1_000_000)) == LONGEST + 1


@given(st.text())
def test_no_cell_can_run_as_a_formula(text: str) -> None:
    assert cell(text)[0] not in "=+-@\t\r"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https://",
        "https://exa\u202emple.com/",
        "http://[bad",
        "file:///etc/passwd",
    ],
)
def test_only_a_plain_web_address_becomes_a_link(url: str) -> None:
    assert web_link(url) is None
