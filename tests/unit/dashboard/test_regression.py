"""Is it fixed? A table of what is known, and what may be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dashboard.metrics.fix import CanaryLook, FixState, FixVerdict, KeyFacts, Live, RestsOn, Tries
from dashboard.metrics.reasons import rests_words
from dashboard.metrics.regression import back_on, decide, succeeded_since, together

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LAST = NOW - 10 * DAY
TODAY = NOW.date()


def tries(
    first: date, failed: Sequence[int], succeeded: Sequence[int | None] | int = 0
) -> tuple[Tries, ...]:
    many = [succeeded] * len(failed) if isinstance(succeeded, int) else succeeded
    return tuple(
        Tries(first + n * DAY, good, bad)
        for n, (bad, good) in enumerate(zip(failed, many, strict=True))
    )


FAILED = tries((LAST - 9 * DAY).date(), [3] * 10)
"""Thirty customers in ten days, up to the last Failure; then nothing."""
WORKED = tries((LAST + DAY).date(), [0] * 5, 3)
"""Fifteen Re-creations that succeeded in the five days after that."""

BROKEN = KeyFacts(
    "production",
    "customers",
    "by_email",
    failures=60,
    first_day=(LAST - 9 * DAY).date(),
    last_failed=LAST,
    read_until=NOW,
    finding="ignores_deletion",
    audited_at=NOW,
    exposure=12,
    exposed_at=NOW,
    tries=FAILED,
    counted_at=NOW,
    first_bad="shop@1.4.0",
)
MENDED = replace(BROKEN, finding=None, mended_at=NOW - DAY, exposure=None, exposed_at=None)
GREEN = CanaryLook("green", NOW - timedelta(hours=1), tries_table=True)
EMPTY = replace(BROKEN, exposure=0)

CASES = {
    "failed-an-hour-ago": (
        replace(BROKEN, last_failed=NOW - timedelta(hours=1)),
        FixState.FAILING,
    ),
    "silent-but-unmended-and-exposed": (BROKEN, FixState.POSSIBLE),
    "silent-unmended-exposed-and-a-green-canary": (
        replace(BROKEN, canary=GREEN),
        FixState.POSSIBLE,
    ),
    "silent-unmended-exposed-and-recreated": (
        replace(BROKEN, tries=(*FAILED, *WORKED)),
        FixState.POSSIBLE,
    ),
    "silent-unmended-never-counted": (
        replace(BROKEN, exposure=None, exposed_at=None, counted_at=None),
        FixState.UNSURE,
    ),
    "silent-and-nothing-else-known": (
        replace(BROKEN, finding=None, audited_at=None, exposure=None, counted_at=None),
        FixState.UNSURE,
    ),
    "never-audited-but-exposed": (
        replace(BROKEN, finding=None, audited_at=None),
        FixState.POSSIBLE,
    ),
    "mended-and-nobody-tried": (MENDED, FixState.UNSURE),
    "mended-and-recreated": (replace(MENDED, tries=(*FAILED, *WORKED)), FixState.FIXED),
    "mended-and-a-green-canary": (replace(MENDED, canary=GREEN), FixState.FIXED),
    "mended-and-a-red-canary": (
        replace(MENDED, canary=replace(GREEN, color="red")),
        FixState.UNSURE,
    ),
    "mended-and-a-canary-of-another-table": (
        replace(MENDED, canary=replace(GREEN, tries_table=False)),
        FixState.UNSURE,
    ),
    "mended-and-a-canary-from-before": (
        replace(MENDED, canary=replace(GREEN, at=LAST - DAY)),
        FixState.UNSURE,
    ),
    "mended-but-somebody-is-blocked": (
        replace(MENDED, tries=(*FAILED, *WORKED), blocked_now=2),
        FixState.POSSIBLE,
    ),
    "audited-before-the-last-failure": (
        replace(MENDED, audited_at=LAST - DAY, mended_at=None, tries=(*FAILED, *WORKED)),
        FixState.UNSURE,
    ),
    "failed-after-it-was-found-mended": (
        replace(
            MENDED,
            audited_at=NOW - 2 * DAY,
            mended_at=NOW - 2 * DAY,
            last_failed=NOW - timedelta(hours=1),
        ),
        FixState.CAME_BACK,
    ),
    "no-row-holds-it-and-recreated": (
        replace(EMPTY, tries=(*FAILED, *WORKED)),
        FixState.FIXED,
    ),
    "no-row-of-a-sample-holds-it-and-recreated": (
        replace(EMPTY, exposure_exact=False, tries=(*FAILED, *WORKED)),
        FixState.UNSURE,
    ),
    "no-row-holds-it-and-nobody-tried": (EMPTY, FixState.UNSURE),
    "no-row-held-it-before-the-last-failure": (
        replace(BROKEN, exposure=0, exposed_at=LAST - DAY, tries=(*FAILED, *WORKED)),
        FixState.UNSURE,
    ),
    "no-row-holds-it-and-only-released-ones-came": (
        replace(EMPTY, tries=(*FAILED, *(replace(one, released=3) for one in WORKED))),
        FixState.UNSURE,
    ),
    "came-back-after-a-fix": (
        replace(
            BROKEN,
            last_failed=NOW,
            tries=(*FAILED, *WORKED, *tries(TODAY - DAY, [2, 1])),
        ),
        FixState.CAME_BACK,
    ),
    "mended-but-since-then-rows-were-counted-to-hold-it": (
        replace(
            MENDED,
            audited_at=NOW - DAY,
            exposure=4,
            exposed_at=NOW,
            tries=(*FAILED, *WORKED),
        ),
        FixState.POSSIBLE,
    ),
    "never-failed": (replace(BROKEN, failures=0, last_failed=None), FixState.NO_DATA),
    "never-read": (replace(BROKEN, read_until=None), FixState.NO_DATA),
}


@pytest.mark.parametrize("name", CASES)
def test_what_may_be_said(name: str) -> None:
    facts, expected = CASES[name]
    told = decide(facts)
    assert told.state is expected, told.reasons
    assert told.reasons
    assert (told.rests_on is not None) == (expected is FixState.FIXED)


@pytest.mark.parametrize("exposure", [1, 12, None])
@pytest.mark.parametrize("canary", [None, GREEN])
@pytest.mark.parametrize("recreated", [0, 3, 500])
@pytest.mark.parametrize("silent", [timedelta(0), 3 * DAY, 400 * DAY])
def test_an_unmended_key_that_rows_hold_is_never_fixed(
    silent: timedelta, recreated: int, canary: CanaryLook | None, exposure: int | None
) -> None:
    after = tries((LAST + DAY).date(), [0] * 5, recreated)
    facts = replace(
        BROKEN,
        read_until=LAST + silent,
        tries=(*FAILED, *after),
        canary=canary,
        exposure=exposure,
    )
    assert decide(facts).state is not FixState.FIXED


def test_fixed_says_what_it_rests_on() -> None:
    live = Live("shop@1.5.0", LAST + DAY)
    told = decide(replace(MENDED, tries=(*FAILED, *WORKED), canary=GREEN, live=live))
    assert told.rests_on is not None
    assert told.rests_on == RestsOn(15, told.rests_on.at_most_failing, "shop@1.5.0", GREEN.at)
    assert told.rests_on.at_most_failing == pytest.approx(1 - 0.05 ** (1 / 15))
    assert any("15 Re-creations succeeded since and none failed" in one for one in told.reasons)
    assert any("shop@1.5.0 is live" in one for one in told.reasons)


@pytest.mark.parametrize(
    ("rests", "said"),
    [
        (RestsOn(1, 0.95, None, None), "Rests on 1 Re-creation that succeeded since"),
        (RestsOn(0, 1.0, "r2", NOW), "on the canary alone: no Re-creation"),
        (RestsOn(9, 0.28, "r2", None), "since the last Failure, in r2; at most 28% may fail"),
        (RestsOn(9, 0.28, "r2", None, earlier=4), ", 4 of them before r2 went live; at most"),
        (RestsOn(9, 0.28, "r2", None, earlier=9), ", all before r2 went live; at most"),
        (RestsOn(9, 0.63, None, None, keys=2), "under the key that was tried least (95%)"),
        (RestsOn(9, 1.0, None, NOW, keys=2), "; under one of the keys on the canary alone."),
        (RestsOn(99_999, 0.00003, None, None), "at most 0.003% may fail"),
    ],
)
def test_what_it_rests_on_in_words(rests: RestsOn, said: str) -> None:
    assert said in rests_words(rests)


def test_a_release_that_went_live_after_all_of_them_is_not_what_it_rests_on() -> None:
    live = Live("shop@1.5.0", LAST + 3 * DAY)
    rests = decide(replace(MENDED, tries=(*FAILED, *WORKED), live=live)).rests_on
    assert rests is not None
    assert (rests.recreations, rests.earlier) == (15, 6)


def test_what_did_not_fail_to_be_created_again_is_no_recreation() -> None:
    assert "Re-creations failed a day" in decide(BROKEN).reasons[0]
    assert "6.0 Failures a day" in decide(replace(BROKEN, tries=())).reasons[0]


def test_none_failed_is_not_said_where_an_api_may_refuse_unseen() -> None:
    told = decide(replace(BROKEN, tries=(*FAILED, *WORKED)))
    assert any("15 Re-creations succeeded since, as counted" in one for one in told.reasons)
    assert not any("none failed" in one for one in told.reasons)


def test_what_was_counted_before_the_key_was_mended_is_not_held_against_it() -> None:
    counted = replace(MENDED, exposure=12, exposed_at=NOW - 2 * DAY, tries=(*FAILED, *WORKED))
    told = decide(counted)
    assert told.state is FixState.FIXED
    assert not any("hold it" in one for one in told.reasons)


def test_what_is_missing_is_named() -> None:
    told = decide(replace(MENDED, audited_at=None, mended_at=None))
    assert any("tombstone audit" in one for one in told.missing)
    assert any("tombstone canary" in one for one in told.missing)
    assert any("tombstone audit --format sql" in one for one in decide(BROKEN).missing)


def test_a_sample_without_a_row_is_not_said_to_be_none() -> None:
    told = decide(replace(EMPTY, exposure_exact=False))
    assert any("not every row was counted" in one for one in told.reasons)
    assert any("tombstone collect --full" in one for one in told.missing)
    assert any(
        "About 12 deleted" in r for r in decide(replace(BROKEN, exposure_exact=False)).reasons
    )


def test_successes_of_the_day_of_the_last_failure_need_a_key_mended_after_it() -> None:
    on_the_day = tries(LAST.date(), [3], 4)
    assert succeeded_since(replace(MENDED, tries=on_the_day)) == 4
    assert succeeded_since(replace(BROKEN, tries=on_the_day)) == 0
    assert succeeded_since(replace(MENDED, mended_at=LAST - DAY, tries=on_the_day)) == 0


BACK = {
    "never-quiet": (tries(TODAY, [1, 1, 1]), None),
    "quiet-and-nobody-tried": (tries(TODAY, [3, 0, 0, 0, 1]), None),
    "quiet-and-not-counted": (tries(TODAY, [3, 0, 0, 1], [None] * 4), None),
    "a-few-lucky-ones": (tries(TODAY, [1, 0, 1], [3, 2, 0]), None),
    "many-succeeded-in-between": (tries(TODAY, [9, 0, 0, 1], [0, 20, 20, 0]), TODAY + 3 * DAY),
    "a-few-succeeded-and-silence-may-be-luck": (
        tries(TODAY, [1, 0, 1, 0, 1, 0, 0, 0, 1], [0, 0, 0, 0, 0, 2, 2, 2, 0]),
        None,
    ),
    "twice": (
        tries(TODAY, [9, 0, 9, 0, 2, 1], [0, 30, 0, 30, 0, 0]),
        TODAY + 4 * DAY,
    ),
}


@pytest.mark.parametrize("name", BACK)
def test_when_it_came_back(name: str) -> None:
    given, expected = BACK[name]
    assert back_on(given) == expected


def told(state: FixState, rests_on: RestsOn | None = None) -> FixVerdict:
    return FixVerdict(state, ("because",), rests_on=rests_on)


WHOLE = {
    "nothing": ([], FixState.NO_DATA),
    "one-fails": ([FixState.FIXED, FixState.FAILING, FixState.POSSIBLE], FixState.FAILING),
    "one-is-possible": ([FixState.FIXED, FixState.POSSIBLE], FixState.POSSIBLE),
    "one-is-unsure": ([FixState.FIXED, FixState.UNSURE, FixState.NO_DATA], FixState.UNSURE),
    "all-are-fixed": ([FixState.FIXED, FixState.FIXED, FixState.NO_DATA], FixState.FIXED),
}


@pytest.mark.parametrize("name", WHOLE)
def test_the_whole_is_as_good_as_its_worst_key(name: str) -> None:
    states, expected = WHOLE[name]
    rests = RestsOn(4, 0.5, "r", None)
    found = together([told(one, rests if one is FixState.FIXED else None) for one in states])
    assert found.state is expected
    assert (found.rests_on is not None) == (expected is FixState.FIXED)


def test_the_whole_rests_on_all_of_them_and_is_as_sure_as_the_least() -> None:
    few, many = RestsOn(3, 0.63, "r", None), RestsOn(40, 0.07, "r", NOW)
    found = together([told(FixState.FIXED, few), told(FixState.FIXED, many)]).rests_on
    assert found is not None
    assert (found.recreations, found.release) == (43, "r")
    assert found.at_most_failing == pytest.approx(1 - 0.05 ** (1 / 3))


def test_a_failure_of_this_hour_is_not_said_to_be_where_reading_stopped() -> None:
    said = decide(replace(BROKEN, last_failed=NOW - timedelta(minutes=15))).reasons[0]
    assert said.endswith("UTC, less than an hour before Failures were last read.")
