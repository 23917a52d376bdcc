"""Answers are kept ready for the store's newest state, and a page is of one state."""

from __future__ import annotations

from threading import Event, Thread
from time import monotonic, sleep

from collectors.evidence.database import Store
from collectors.evidence.runs import finish_run, start_run
from dashboard.data import held

SOON = 20.0


def test_the_answer_is_ready_before_somebody_asks(store: Store) -> None:
    asked: list[int] = []

    def question(of: Store) -> int:
        asked.append(of.generation())
        return asked[-1]

    first = held.remembered(question)
    stopped = Event()
    watching = Thread(target=held.keep_ready, args=(stopped, 0.05))
    watching.start()
    try:
        until = monotonic() + SOON
        while len(asked) < 2 and monotonic() < until:  # the thread must have looked once before
            _found_nothing(store)
            sleep(0.2)
        while asked[-1] != store.generation() and monotonic() < until:
            sleep(0.05)
    finally:
        stopped.set()
        watching.join()
    known = len(asked)
    assert asked[-1] > first
    assert held.remembered(question) == store.generation()
    assert len(asked) == known


def _found_nothing(store: Store) -> None:
    finish_run(store, start_run(store), read=0, stored=0, unreachable=[], notes=[])


def test_a_page_is_of_one_state(store: Store) -> None:
    """Else two of its numbers might disagree, for `collect` writes while it is drawn."""
    with held.one_state():
        before = held.generation()
        _found_nothing(store)
        assert held.generation() == before
        with held.inquiry():
            assert held.generation() > before, "what asked a Target has stored its answer"
    _found_nothing(store)
    assert held.generation() == store.generation()
