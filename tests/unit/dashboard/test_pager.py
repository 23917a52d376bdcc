"""Turning pages: a click that says what an earlier one has said turns none."""

from __future__ import annotations

from dashboard.components.pager import older
from dashboard.state import Paging


def test_a_second_quick_click_that_says_the_same_end_turns_no_further_page() -> None:
    """Else a page would be told as the one after it, and "Newer" would stay where it is."""
    turned = Paging()
    older(turned, "end of the first")
    older(turned, "end of the first")
    assert turned.behind == ["end of the first"]
    older(turned, "end of the second")
    assert turned.behind == ["end of the first", "end of the second"]
