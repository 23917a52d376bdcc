"""Activity's table: what a row offers to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest

from collectors.evidence.reads.activity import Act, ActRow
from dashboard.components.acts import on_page, why


def act(kind: Act, conflict_id: str | None) -> ActRow:
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    return ActRow(1, at, kind, "ann", "engineer", conflict_id, None, None, None, None, None, {})


def test_only_an_act_about_a_conflict_can_be_opened() -> None:
    told = on_page([act(Act.REVEAL, "c" * 16), act(Act.LOOK_UP, None), act(Act.BULK, None)])
    assert [None if pd.isna(one) else one for one in told["open"]] == ["Open", None, None]


@pytest.mark.parametrize(
    ("reason", "said", "told"),
    [
        ("She cannot sign up", None, "She cannot sign up"),
        (None, "This was already done.", "This was already done."),
        ("She cannot sign up", "The row has changed.", "She cannot sign up · The row has changed."),
        (None, None, ""),
    ],
)
def test_of_a_refused_remedy_both_its_reason_and_the_answer_are_told(
    reason: str | None, said: str | None, told: str
) -> None:
    remedy = replace(act(Act.REMEDY, "c" * 16), said=said, body={"reason": reason})
    assert why(remedy) == told
