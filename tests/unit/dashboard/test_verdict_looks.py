"""Every Verdict has a look of its own, told apart by sign and word, and readable."""

from __future__ import annotations

import pytest

from collectors.explain import CONFLICT
from collectors.linking.ticket import IdentifierKind
from collectors.model import Confidence, Verdict
from dashboard.components.finder import KINDS
from dashboard.components.verdict import LOOKS, SURENESS


def test_every_verdict_and_confidence_has_one() -> None:
    assert set(LOOKS) == set(Verdict)
    assert set(SURENESS) == set(Confidence)


def test_signs_and_words_tell_them_apart_without_colour() -> None:
    assert len({look.sign for look in LOOKS.values()}) == len(LOOKS)
    assert len({look.word for look in LOOKS.values()}) == len(LOOKS)


@pytest.mark.parametrize("verdict", Verdict)
def test_white_text_is_readable_on_the_cell_colour(verdict: Verdict) -> None:
    assert 1.05 / (luminance(LOOKS[verdict].ink) + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2)."""
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_everything_that_a_ticket_may_name_has_a_word() -> None:
    assert set(KINDS) == {*IdentifierKind, CONFLICT}
