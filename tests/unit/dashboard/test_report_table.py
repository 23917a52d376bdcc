"""The report's table: a long id does not push a column off the page."""

from __future__ import annotations

import pandas as pd

from dashboard.metrics.money import amounts
from dashboard.report.html import table
from dashboard.text import UNKNOWN, cell

ID = "e4bc9def-1073-47b1-9a50-b4f036d805fc"


def test_an_id_stands_beneath_the_name_and_not_twice() -> None:
    told = pd.DataFrame(
        {"organization": ["Alder & Ash", ID, "not known"], "blocked": [1_200, 2, 3]}
    )
    drawn = table(told, ("Organization", "Blocked now"), [ID, ID, UNKNOWN])
    assert f"<td>Alder &amp; Ash<small>{ID}</small></td>" in drawn
    assert f"<td>{ID}</td>" in drawn
    assert "<td>not known</td>" in drawn
    assert drawn.count("<th ") == 2
    assert '<td class="number">1,200</td>' in drawn


def test_more_paid_back_than_paid_is_shown_as_it_is() -> None:
    """An apostrophe before it would keep a formula from running, and it is none."""
    assert cell(amounts({"usd": -500}, known=True)) == "\u22125.00 USD"
