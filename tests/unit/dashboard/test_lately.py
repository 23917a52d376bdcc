"""What was asked lately: the newest questions, each once."""

from __future__ import annotations

from dashboard.data.lately import AT_MOST, Lately


def a_question() -> None:
    """Stands for one."""


def test_a_question_asked_twice_is_one() -> None:
    lately = Lately()
    lately.note(a_question, ("production",))
    lately.note(a_question, ("production",))
    lately.note(a_question, ("sandbox",))
    assert lately.since(60) == [(a_question, ("production",)), (a_question, ("sandbox",))]


def test_what_nobody_asked_for_long_is_forgotten() -> None:
    lately = Lately()
    for number in range(AT_MOST + 5):
        lately.note(a_question, (number,))
    lately.note(a_question, (5,))
    asked = [about[0] for _, about in lately.since(60)]
    assert asked == [*range(6, AT_MOST + 5), 5]
    assert lately.since(0) == []
