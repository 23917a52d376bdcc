"""The timeline: which spans it draws, and what it says to whoever cannot see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.charts.timeline import Moment, Step, Window, beyond, described, timeline

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(step: Step, days: float) -> Moment:
    return Moment(step, NOON + timedelta(days=days))


CREATED, DELETED = at(Step.CREATED, -30), at(Step.DELETED, -9)
FAILED = (at(Step.FAILED, -3), at(Step.FAILED, -2))
UNBLOCKED = at(Step.UNBLOCKED, -1)


def spans(*moments: Moment) -> list[tuple[str, str]]:
    """(what, from and to) of each span that is drawn."""
    spec: dict[str, Any] = timeline(moments, NOON).to_dict()
    rows = [row for rows in spec["datasets"].values() for row in rows]
    return [(row["what"], row["when"]) for row in rows if "what" in row]


@pytest.mark.parametrize(
    ("moments", "drawn"),
    [
        ((*FAILED,), []),
        ((CREATED, *FAILED), []),
        (
            (CREATED, DELETED, *FAILED),
            [
                ("Live", "2026-10-21 12:00:00 UTC to 2026-11-11 12:00:00 UTC"),
                (
                    "Deleted, and holding the key",
                    "2026-11-11 12:00:00 UTC to 2026-11-20 12:00:00 UTC",
                ),
            ],
        ),
        *(
            (
                (DELETED, *FAILED, freed),
                [
                    (
                        "Deleted, and holding the key",
                        "2026-11-11 12:00:00 UTC to 2026-11-19 12:00:00 UTC",
                    )
                ],
            )
            for freed in (UNBLOCKED, at(Step.SEEN_FREE, -1))
        ),
    ],
    ids=["attempts alone", "never deleted", "still blocked", "unblocked", "seen unblocked"],
)
def test_the_row_is_drawn_live_then_holding_until_unblocked(
    moments: tuple[Moment, ...], drawn: list[tuple[str, str]]
) -> None:
    assert spans(*moments) == drawn


def test_a_step_that_did_not_happen_is_not_in_the_legend() -> None:
    spec = timeline((DELETED, *FAILED), NOON).to_dict()
    points = spec["layer"][-1]["encoding"]
    assert points["color"]["scale"]["domain"] == ["Row deleted", "Attempt failed"]
    assert points["shape"]["scale"]["domain"] == ["Row deleted", "Attempt failed"]


def test_the_description_says_every_step() -> None:
    assert described((CREATED, DELETED, *FAILED, UNBLOCKED), NOON) == (
        "Row created 2026-10-21 12:00:00 UTC; Row deleted 2026-11-11 12:00:00 UTC; "
        "Unblocked 2026-11-19 12:00:00 UTC; "
        "2 failed attempts from 2026-11-17 12:00:00 UTC to 2026-11-18 12:00:00 UTC; "
        "as of 2026-11-20 12:00:00 UTC."
    )


def test_one_attempt_is_told_as_one() -> None:
    told = described((FAILED[0],), NOON)
    assert told == "1 failed attempt 2026-11-17 12:00:00 UTC; as of 2026-11-20 12:00:00 UTC."


def test_a_long_life_before_does_not_crush_the_attempts() -> None:
    born = at(Step.CREATED, -900)
    attempts = tuple(at(Step.FAILED, -9 + hour / 24) for hour in range(1, 7))
    window = Window.around((born, DELETED, *attempts), NOON)
    apart = (attempts[1].at - attempts[0].at) / (window.end - window.start)
    assert apart > 0.05
    assert window.place(born.at) == window.start
    told = beyond((born, DELETED, *attempts), NOON)
    assert told == f"Earlier than drawn: row created on {born.at:%Y-%m-%d %H:%M:%S} UTC."


def test_a_row_created_long_after_the_attempts_is_said_to_be_later() -> None:
    told = beyond((*FAILED, at(Step.CREATED, 12)), NOON + timedelta(days=20))
    assert told == "Later than drawn: row created on 2026-12-02 12:00:00 UTC."


def test_no_air_is_left_where_nothing_is_drawn_so_that_the_axis_tells_seconds() -> None:
    race = (at(Step.CREATED, 0), Moment(Step.FAILED, NOON + timedelta(seconds=1)))
    assert Window.around(race, NOON + timedelta(days=9)).end == race[-1].at


def test_a_story_that_fits_is_drawn_whole() -> None:
    story = (at(Step.CREATED, -9.5), DELETED, *FAILED)
    assert beyond(story, NOON) is None
    assert Window.around(story, NOON).start == story[0].at


@pytest.mark.parametrize(
    ("length", "told"),
    [
        (timedelta(minutes=2), "%-d %b %H:%M:%S"),
        (timedelta(hours=6), "%-d %b %H:%M"),
        (timedelta(days=40), "%-d %b"),
        (timedelta(days=900), "%-d %b %Y"),
    ],
    ids=["minutes", "hours", "weeks", "years"],
)
def test_no_two_ticks_of_the_axis_say_the_same(length: timedelta, told: str) -> None:
    axis: Any = Window(NOON - length, NOON).axis.to_dict()
    assert axis["axis"]["format"] == told
