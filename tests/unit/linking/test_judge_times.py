"""The judge at the boundaries: one microsecond decides, and clocks are not to be trusted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from collectors.linking.case import RACE_WINDOW, TOLERANCE, When
from collectors.linking.words import utc
from collectors.model import Column, Verdict
from tests.unit.linking.cases import (
    CUSTOMERS,
    DAY,
    at,
    case,
    catalog,
    held_by,
    leftover,
    row,
    seen,
    verdict_of,
)
from tests.unit.linking.truth import (
    BLOCKED,
    CERTAIN,
    GONE,
    LEFT_OVER,
    LIKELY,
    LIVE,
    MENDED,
    RACE,
    UNBLOCKED,
    UNDECIDED,
)

TICK = 0.000_001
NEAR = TOLERANCE.total_seconds()
RACING = RACE_WINDOW.total_seconds()

DELETIONS = {
    "clearly before": (-NEAR - TICK, BLOCKED, CERTAIN),
    "at the tolerance before": (-NEAR, BLOCKED, LIKELY),
    "at the very moment": (0.0, BLOCKED, LIKELY),
    "at the tolerance after": (NEAR, BLOCKED, LIKELY),
    "clearly after": (NEAR + TICK, LIVE, LIKELY),
}


@pytest.mark.parametrize(
    ("deleted", "verdict", "confidence"), DELETIONS.values(), ids=DELETIONS.keys()
)
def test_when_the_row_was_deleted(deleted: float, verdict: Verdict, confidence: str) -> None:
    said = verdict_of(row(deleted=deleted))
    assert (said.verdict, said.confidence) == (verdict, confidence)


HOUR = 3_600.0
DAYS = {
    "over in every time zone": (-36 * HOUR - NEAR - TICK, BLOCKED, CERTAIN),
    "not over in the last time zone": (-36 * HOUR, BLOCKED, LIKELY),
    "the Event's own day": (-12 * HOUR, BLOCKED, LIKELY),
    "begun in the first time zone": (14 * HOUR, BLOCKED, LIKELY),
    "begun nowhere": (14 * HOUR + NEAR + TICK, LIVE, LIKELY),
}
"""How far the midnight that a date stands for lies from the Event."""


@pytest.mark.parametrize(("midnight", "verdict", "confidence"), DAYS.values(), ids=DAYS.keys())
def test_a_deletion_kept_as_a_date_was_at_any_time_of_that_day(
    midnight: float, verdict: Verdict, confidence: str
) -> None:
    columns = tuple(
        replace(one, type="date") if one.name == "deleted_at" else one for one in CUSTOMERS.columns
    )
    said = verdict_of(row(deleted=midnight), today=catalog(columns=columns))
    assert (said.verdict, said.confidence) == (verdict, confidence)


AHEAD = (timedelta(hours=1), timedelta(hours=2))
BEHIND = (timedelta(hours=-5), timedelta(hours=-4))
PARENT_DAYS = {
    "over in every time zone": (-36 * HOUR - NEAR - TICK, LEFT_OVER, "was soft-deleted on"),
    "the Event's own day": (-12 * HOUR, LEFT_OVER, "too close to tell"),
    "begun nowhere": (14 * HOUR + NEAR + TICK, LIVE, "soft-deleted later"),
}
"""How far the midnight that a parent's date of deletion stands for lies from the Event."""


@pytest.mark.parametrize(
    ("midnight", "verdict", "says"), PARENT_DAYS.values(), ids=PARENT_DAYS.keys()
)
def test_a_parents_deletion_leaves_as_much_open(
    midnight: float, verdict: Verdict, says: str
) -> None:
    columns = (Column("deleted_at", "date", nullable=True),)
    teams = replace(CUSTOMERS, name="teams", columns=columns, created_at=None)
    said = verdict_of(leftover(parent_deleted=midnight), parents=(teams,))
    assert said.verdict is verdict
    assert says in said.reasons[0]


@pytest.mark.parametrize(("deleted", "verdict"), [(HOUR, LEFT_OVER), (3 * HOUR, LIVE)])
def test_a_parents_deletion_may_be_dated_by_the_databases_own_clock(
    deleted: float, verdict: Verdict
) -> None:
    columns = (Column("deleted_at", "timestamp without time zone", nullable=True),)
    teams = replace(CUSTOMERS, name="teams", columns=columns, ahead_of_utc=AHEAD)
    said = verdict_of(leftover(parent_deleted=deleted), parents=(teams,))
    assert said.verdict is verdict
    assert "The table teams keeps times without a time zone" in " ".join(said.reasons)


CREATIONS = {
    "long before": (-RACING - TICK, LIVE),
    "at the end of the race window": (-RACING, RACE),
    "at the tolerance after": (NEAR, RACE),
    "clearly after": (NEAR + TICK, GONE),
}


@pytest.mark.parametrize(("created", "verdict"), CREATIONS.values(), ids=CREATIONS.keys())
def test_when_the_row_was_created(created: float, verdict: Verdict) -> None:
    assert verdict_of(row(created=created)).verdict is verdict


CREATION_DAYS = {
    "begun in the first time zone, deleted since": (14 * HOUR, -HOUR, BLOCKED, LIKELY),
    "over in every time zone, deleted since": (-2 * DAY, -HOUR, BLOCKED, CERTAIN),
    "begun nowhere": (14 * HOUR + NEAR + TICK, None, GONE, LIKELY),
    "the Event's own day, live": (0.0, None, LIVE, LIKELY),
    "begun in the first time zone, live": (14 * HOUR, None, LIVE, LIKELY),
}
"""How far the midnight that a date of creation stands for lies from the Event; the deletion."""


@pytest.mark.parametrize(
    ("midnight", "deleted", "verdict", "confidence"),
    CREATION_DAYS.values(),
    ids=CREATION_DAYS.keys(),
)
def test_a_creation_kept_as_a_date_was_at_any_time_of_that_day(
    midnight: float, deleted: float | None, verdict: Verdict, confidence: str
) -> None:
    columns = tuple(
        replace(one, type="date") if one.name == "created_at" else one for one in CUSTOMERS.columns
    )
    found = row(created=midnight, deleted=deleted)
    said = verdict_of(found, today=catalog(columns=columns))
    assert (said.verdict, said.confidence) == (verdict, confidence)


ZONELESS = {
    "deleted before by either clock": (AHEAD, {"deleted": -HOUR}, BLOCKED, CERTAIN),
    "deleted after by UTC alone": (AHEAD, {"deleted": HOUR}, BLOCKED, LIKELY),
    "deleted after by either clock": (AHEAD, {"deleted": 3 * HOUR}, LIVE, LIKELY),
    "deleted before by UTC alone": (BEHIND, {"deleted": -HOUR}, BLOCKED, LIKELY),
    "deleted before, clocks behind": (BEHIND, {"deleted": -6 * HOUR}, BLOCKED, CERTAIN),
    "created at the Event, by summer's clock": (AHEAD, {"created": 2 * HOUR - 1}, RACE, LIKELY),
    "created at the Event, by UTC": (AHEAD, {"created": -1}, RACE, LIKELY),
    "created before by either clock": (AHEAD, {"created": -HOUR}, LIVE, LIKELY),
    "created after by either clock": (AHEAD, {"created": 3 * HOUR}, GONE, LIKELY),
    "dated later than the look, by UTC alone": (
        AHEAD,
        {"created": -DAY, "deleted": 2 * DAY + HOUR},
        LIVE,
        LIKELY,
    ),
    "by UTC everywhere": ((), {"deleted": HOUR}, LIVE, LIKELY),
}
"""How far the database's own clock is ahead of UTC; the row's times as they are read."""


@pytest.mark.parametrize(
    ("ahead", "times", "verdict", "confidence"), ZONELESS.values(), ids=ZONELESS.keys()
)
def test_a_time_without_a_zone_may_be_the_databases_own(
    ahead: tuple[timedelta, ...], times: dict[str, float], verdict: Verdict, confidence: str
) -> None:
    columns = tuple(
        replace(one, type=one.type.replace("with ", "without ")) for one in CUSTOMERS.columns
    )
    said = verdict_of(row(**times), today=catalog(columns=columns, ahead_of_utc=ahead))  # type: ignore[arg-type]
    assert (said.verdict, said.confidence) == (verdict, confidence), said.reasons
    assert ("without a time zone" in " ".join(said.reasons)) is bool(ahead)


LOOKS = {
    "clearly before": (-NEAR - TICK, UNDECIDED, UNDECIDED),
    "at the tolerance before": (-NEAR, BLOCKED, UNDECIDED),
    "just before": (-TICK, BLOCKED, UNDECIDED),
    "at the very moment": (0.0, BLOCKED, GONE),
}


@pytest.mark.parametrize(("looked", "held", "empty"), LOOKS.values(), ids=LOOKS.keys())
def test_when_the_database_was_read(looked: float, held: Verdict, empty: Verdict) -> None:
    assert verdict_of(row(deleted=-DAY), looked=looked).verdict is held
    assert verdict_of(looked=looked).verdict is empty


def test_a_snapshot_before_the_event_is_never_certain() -> None:
    assert verdict_of(row(deleted=-DAY), looked=-TICK).confidence is LIKELY
    assert verdict_of(row(deleted=-DAY), looked=0.0).confidence is CERTAIN


HELD = {
    "clearly before": (-NEAR - TICK, LIKELY, None),
    "at the tolerance before": (-NEAR, LIKELY, "a"),
    "at the tolerance after": (NEAR, LIKELY, "a"),
    "clearly after": (NEAR + TICK, CERTAIN, "a"),
}


@pytest.mark.parametrize(("held", "confidence", "blocker"), HELD.values(), ids=HELD.keys())
def test_when_an_earlier_look_saw_it_held(
    held: float, confidence: str, blocker: str | None
) -> None:
    said = verdict_of(earlier=seen(held=held))
    assert (said.verdict, said.confidence) == (UNBLOCKED, confidence)
    assert (said.blocker.id if said.blocker else None) == blocker


FUTURE = {
    "deleted as late as clocks may differ": (row(deleted=2 * DAY + NEAR), LIVE),
    "deleted later than that": (row(deleted=2 * DAY + NEAR + TICK), UNDECIDED),
    "created as late as clocks may differ": (row(created=2 * DAY + NEAR), GONE),
    "created later than that": (row(created=2 * DAY + NEAR + TICK), UNDECIDED),
}


@pytest.mark.parametrize(("found", "verdict"), FUTURE.values(), ids=FUTURE.keys())
def test_times_later_than_the_look(found: object, verdict: Verdict) -> None:
    said = verdict_of(found)  # type: ignore[arg-type]
    assert said.verdict is verdict
    assert said.blocker is None


def test_an_event_from_the_future_waits_until_its_time_has_come() -> None:
    early = verdict_of(row(deleted=-DAY), looked=-DAY / 2)
    assert early.verdict is UNDECIDED
    assert early.verdict.may_change
    assert verdict_of(row(deleted=-DAY), looked=1.0).verdict is BLOCKED


def test_tolerance_and_race_window_are_the_callers_to_choose() -> None:
    exact = timedelta(0)
    assert verdict_of(row(deleted=-TICK), tolerance=exact).confidence is CERTAIN
    assert verdict_of(row(deleted=TICK), tolerance=exact).verdict is LIVE
    assert verdict_of(row(created=-60), race_window=timedelta(minutes=2)).verdict is RACE
    assert verdict_of(row(created=-1), tolerance=exact, race_window=exact).verdict is LIVE


def test_a_row_as_young_as_the_clocks_can_tell_is_a_race_whatever_the_window() -> None:
    assert verdict_of(row(created=-1), race_window=timedelta(0)).verdict is RACE


def test_a_row_mended_away_must_have_been_deleted_before() -> None:
    assert verdict_of(row(deleted=NEAR), **MENDED).verdict is UNBLOCKED
    assert verdict_of(row(deleted=NEAR + TICK), **MENDED).verdict is LIVE


def test_times_are_told_in_utc() -> None:
    assert utc(at(0)) == "2026-03-10 12:00:00 UTC"
    assert utc(None) == "an unknown time"


def test_an_unrecorded_time_is_neither_before_nor_after() -> None:
    assert case(held_by(), today=catalog()).when(None) is When.UNKNOWN
