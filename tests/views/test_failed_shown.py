"""A remedy that did not end as it should: who is to look, and what is found out without anybody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest


def _unsettled() -> None:
    from dashboard.components import refusal
    from dashboard.remediation.outcomes import Failed

    refusal.show_failed(Failed("r1", "It was committed.", settles=True))


def _unclear() -> None:
    from dashboard.components import refusal
    from dashboard.remediation.outcomes import Failed

    refusal.show_failed(Failed("r1", "It was committed."))


@pytest.mark.parametrize("shown", [_unsettled, _unclear])
def test_nobody_is_called_to_look_at_what_settles_by_itself(shown: Callable[[], None]) -> None:
    page = AppTest.from_function(shown).run()

    assert not page.exception
    assert len(page.warning) == (shown is _unsettled)
    assert [("somebody must look" in one.value) for one in page.error] == [True] * (
        shown is _unclear
    )
