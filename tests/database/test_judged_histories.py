"""Random histories of a shop: no Verdict contradicts them, and what is determined is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sample_data.postgres import Database
from tests.database.judged_world import JudgedWorld

EMAILS = ("jane@e.com", "JANE@e.com", "john@e.com")
teams = st.sampled_from((1, 2))
emails = st.sampled_from(EMAILS)
rows = st.integers(1, 5)

steps = st.one_of(
    st.tuples(st.just("create"), teams, emails),
    st.tuples(st.just("create"), st.just(1), st.just("jane@e.com")),
    st.tuples(st.just("delete"), rows),
    st.tuples(st.just("restore"), rows),
    st.tuples(st.just("rename"), rows, emails),
    st.tuples(st.just("purge"), rows),
    st.tuples(st.just("look")),
    st.tuples(st.just("mend"), st.sampled_from(("partial", "marked"))),
)
Step = tuple[Any, ...]

JANE: Step = ("create", 1, "jane@e.com")
BLOCKED: list[Step] = [JANE, ("delete", 1), JANE]


def play(database: Database, folder: Path, history: list[Step]) -> None:
    """Act it out, an hour a step, and check every look."""
    world = JudgedWorld(database, folder / uuid4().hex)
    try:
        for name, *arguments in [*history, ("look",)]:
            world.pass_an_hour()
            if name == "look":
                world.check(world.look())
            else:
                getattr(world, name)(*arguments)
    finally:
        world.store.close()


def examples(count: int) -> settings:
    return settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


@examples(12)
@given(st.lists(steps, min_size=4, max_size=12))
@example([*BLOCKED, ("look",), ("purge", 1), JANE, JANE])
@example([*BLOCKED, ("look",), ("restore", 1), ("delete", 1)])
@example([*BLOCKED, ("restore", 1), JANE, ("look",), ("delete", 1), JANE])
@example([*BLOCKED, ("mend", "marked"), JANE, JANE])
@example([*BLOCKED, ("look",), ("mend", "partial"), JANE, ("delete", 2), JANE, JANE])
def test_a_verdict_never_contradicts_the_history(
    database: Database, tmp_path: Path, history: list[Step]
) -> None:
    play(database, tmp_path, history)


@pytest.mark.slow
@examples(400)
@given(st.lists(steps, min_size=4, max_size=25))
def test_no_long_history_is_contradicted_either(
    database: Database, tmp_path: Path, history: list[Step]
) -> None:
    play(database, tmp_path, history)
