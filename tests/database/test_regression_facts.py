"""What Regression takes for a fact: first bad releases, rates of quiet periods, whose Exposure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from collectors.evidence.database import Store
from collectors.evidence.followed import save_releases
from collectors.evidence.reads.covered import covered
from collectors.evidence.reads.failures import FailureFilter
from collectors.evidence.reads.surveys import SurveyFilter
from collectors.evidence.remedied import mark_unblocked
from collectors.evidence.runs import finish_run, start_run
from collectors.evidence.schema import conflicts, runs
from collectors.evidence.store import save_page
from collectors.evidence.surveyed import save_counts
from collectors.evidence.walked import save_walk
from collectors.model import (
    Counting,
    DayCount,
    Deploy,
    ExposureCount,
    Judgement,
    Release,
    TableCounts,
    Topic,
    Verdict,
)
from dashboard.data.regression import KeyLine, Regression, ask_regression
from dashboard.metrics.intervals import Rate, Share
from tests.factories import EMAIL_KEY, judged, new_store, violated

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = datetime.combine(datetime.now(UTC).date(), time(), UTC)
TARGETS = (("production", "production"),)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """One that was read until now."""
    opened = new_store(tmp_path)
    finish_run(opened, start_run(opened), read=0, stored=0, unreachable=[], notes=[])
    yield opened
    opened.close()


def fail(
    store: Store,
    at: datetime,
    release: str | None = None,
    verdict: Verdict = Verdict.BLOCKED_BY_TOMBSTONE,
    owner: str = "one",
    environment: str = "production",
) -> None:
    key = violated("o", f"{owner}@example.com")
    one = judged(verdict, key=key, occurred_at=at, release=release, environment=environment)
    save_page(store, "test", [replace(one, organization_id=owner)])


def created(store: Store, by_day: dict[int, int]) -> None:
    days = [DayCount((TODAY - ago * DAY).date(), None, many) for ago, many in by_day.items()]
    how = Counting(datetime.now(UTC), covers_from=TODAY - 90 * DAY)
    counts = TableCounts("production", "public", "customers", Topic.CREATES, how, days=days)
    save_counts(store, counts)


def recreated(store: Store, by_day: dict[int, int]) -> None:
    days = [
        DayCount((TODAY - ago * DAY).date(), None, many, key)
        for ago, many in by_day.items()
        for key in (None, EMAIL_KEY.name)
    ]
    how = Counting(datetime.now(UTC), covers_from=TODAY - 90 * DAY)
    counts = TableCounts("production", "public", "customers", Topic.RECREATIONS, how, days=days)
    save_counts(store, counts)


def exposed(
    store: Store,
    schema: str,
    *counts: tuple[str | None, int],
    share: float | None = None,
    table: str = "customers",
    key: str = EMAIL_KEY.name,
) -> None:
    lines = [ExposureCount(name, owner, many) for owner, many in counts for name in (None, key)]
    how = Counting(datetime.now(UTC), by_organization=True, sampled=share)
    counted = TableCounts("production", schema, table, Topic.EXPOSURE, how, exposures=lines)
    save_counts(store, counted)


def asked(
    store: Store,
    *,
    since: datetime | None = None,
    organization: str | None = None,
    release: str | None = None,
    environments: tuple[str, ...] = (),
) -> Regression:
    wanted = FailureFilter(
        environments=environments, since=since, organization_id=organization, release=release
    )
    counted = SurveyFilter(since=since, organization_id=organization)
    return ask_regression(store, wanted, counted, TARGETS)


def the_key(found: Regression) -> KeyLine:
    (line,) = found.keys
    return line


@pytest.mark.parametrize(
    ("projects", "live"),
    [(("worker",), "api@2"), (("api", "worker"), "worker@9"), ((), "worker@9")],
    ids=["another-application-s", "of-both", "nobody-tells"],
)
def test_the_live_release_is_of_the_application_that_failed(
    store: Store, projects: tuple[str, ...], live: str
) -> None:
    """A worker or a website that goes live in the same environment is not what mends the API."""
    fail(store, TODAY - 3 * DAY, "api@1")
    known = [
        Release("api@1", ("api",)),
        Release("api@2", ("api",), deploys=1),
        Release("worker@9", projects, deploys=1),
    ]
    went = {
        "api@2": [Deploy("api@2", "production", TODAY - 2 * DAY)],
        "worker@9": [Deploy("worker@9", "production", TODAY - DAY)],
    }
    save_releases(store, known, went)
    told = the_key(asked(store)).facts.live
    assert told is not None
    assert told.release == live


@pytest.mark.parametrize(
    ("releases", "first"),
    [(["1.9", "1.10"], "1.9"), (["1.10", "1.9"], "1.10"), ([None, "1.9", "1.10"], "1.9")],
    ids=["in-order", "a-rollback", "the-first-not-known"],
)
def test_the_first_bad_release_is_the_one_that_failed_first_whatever_its_name(
    store: Store, releases: Sequence[str | None], first: str
) -> None:
    for hour, release in enumerate(releases):
        fail(store, TODAY - 3 * DAY + hour * HOUR, release)
    assert the_key(asked(store)).facts.first_bad == first


def test_what_we_freed_ourselves_makes_no_later_release_the_first_bad(store: Store) -> None:
    """It never was away: those who got through did so because a Remedy made room for them."""
    for number in range(9):
        fail(store, TODAY - (20 - number % 3) * DAY, "1.0", owner=f"freed{number}")
    with store.read() as connection:
        freed = connection.scalars(select(conflicts.c.id)).all()
    with store.write() as connection:
        for one in freed:
            at = TODAY - 16 * DAY
            mark_unblocked(connection, one, by="release-key by ann", at=at, reason="Released.")
    recreated(store, dict.fromkeys(range(7, 16), 1))
    fail(store, TODAY - 2 * DAY, "2.0", owner="again")
    line = the_key(asked(store))
    assert (line.verdict.back_on, line.facts.first_bad) == (None, "1.0")
    with store.write() as connection:
        connection.execute(update(conflicts).values(released_at=None, released_by=None))
    line = the_key(asked(store))
    assert (line.verdict.back_on, line.facts.first_bad) == ((TODAY - 2 * DAY).date(), "2.0")


def test_another_environment_that_is_walked_far_more_often_hides_no_last_walk(store: Store) -> None:
    fail(store, TODAY - 3 * DAY)
    save_walk(store, "production", TODAY - 2 * DAY, TODAY - 2 * DAY, "red", [])
    for minute in range(210):
        at = TODAY - DAY + minute * HOUR / 60
        save_walk(store, "sandbox", at, at, "green", [])
    canary = the_key(asked(store)).facts.canary
    assert canary is not None
    assert canary.color == "red"


def test_a_period_in_which_nothing_failed_failed_zero_times_for_its_creates(store: Store) -> None:
    fail(store, TODAY - 20 * DAY)
    created(store, {20: 5, 3: 40})
    found = asked(store, since=TODAY - 7 * DAY)
    assert found.rate == Rate(0, 40)
    assert the_key(found).rate == Rate(0, 40)


def test_nor_does_a_key_have_no_rate_because_no_event_of_it_names_its_table(store: Store) -> None:
    one = judged(Verdict.UNDECIDED, occurred_at=TODAY - 20 * DAY)
    save_page(
        store,
        "test",
        [replace(one, judgement=Judgement(Verdict.UNDECIDED, None, ()), conflict_id=None)],
    )
    created(store, {20: 5, 3: 40})
    exposed(store, "public", (None, 3))
    assert asked(store).rate == Rate(1, 45)
    assert asked(store, since=TODAY - 7 * DAY).rate == Rate(0, 40)


def test_a_key_that_only_live_rows_hold_has_its_violations_counted_for_creates(
    store: Store,
) -> None:
    fail(store, TODAY - 3 * DAY, verdict=Verdict.LIVE_DUPLICATE)
    fail(store, TODAY - 5 * DAY, verdict=Verdict.LIVE_DUPLICATE)
    created(store, {3: 40})
    assert asked(store).rate == Rate(2, 40)


def test_a_table_that_nobody_counted_is_in_no_rate_and_in_no_share(store: Store) -> None:
    """It may not say when its rows were created, or the reader may not read it."""
    fail(store, TODAY - 3 * DAY)
    one = judged(Verdict.BLOCKED_BY_TOMBSTONE, key=violated("o", "x"), occurred_at=TODAY - 3 * DAY)
    key = replace(EMAIL_KEY, name="by_slug", table="products")
    save_page(store, "test", [replace(one, judgement=replace(one.judgement, key=key))])
    exposed(store, "public", (None, 3), table="products", key="by_slug")
    created(store, {3: 40})
    recreated(store, {2: 9})
    found = asked(store)
    assert (found.rate, found.recreation) == (Rate(1, 40), Share(9, 10))
    told = {one.facts.constraint: one for one in found.keys}
    assert (told["by_slug"].rate, told["by_slug"].recreation) == (None, None)
    assert told["by_slug"].facts.counted_at is None
    assert told[EMAIL_KEY.name].recreation == Share(9, 10)
    assert sum(day.failed for day in found.days) == 1


def test_a_release_is_measured_alike_whether_the_bar_asks_for_it_or_not(store: Store) -> None:
    went = Deploy("2.0", "production", TODAY - 6 * DAY)
    save_releases(store, [Release("2.0", deploys=1)], {"2.0": [went]})
    fail(store, TODAY - 9 * DAY, "1.0")
    fail(store, TODAY - 4 * DAY, "2.0")
    fail(store, TODAY - 3 * DAY, owner="of-a-worker-that-names-no-release")
    created(store, {3: 40})
    (alone,) = asked(store, release="2.0").releases
    assert alone.rate == Rate(2, 40)
    assert alone in asked(store).releases


def test_an_organization_without_a_tombstone_holds_none_of_a_key_that_was_counted(
    store: Store,
) -> None:
    fail(store, TODAY - 3 * DAY, owner="one")
    fail(store, TODAY - 3 * DAY, owner="two")
    exposed(store, "public", (None, 3), ("one", 3))
    assert the_key(asked(store)).facts.exposure == 3
    assert the_key(asked(store, organization="one")).facts.exposure == 3
    assert the_key(asked(store, organization="two")).facts.exposure == 0


def test_a_clock_that_is_or_was_ahead_does_not_make_it_read_until_now(tmp_path: Path) -> None:
    opened, last = new_store(tmp_path), TODAY - 2 * DAY
    fail(opened, last)
    fail(opened, datetime.now(UTC) + 5 * HOUR, owner="ahead")
    assert covered(opened).until == last
    finish_run(opened, start_run(opened), read=0, stored=0, unreachable=[], notes=[])
    read_until = covered(opened).until
    assert read_until is not None
    assert read_until > last
    run = start_run(opened)
    finish_run(opened, run, read=0, stored=0, unreachable=[], notes=[])
    with opened.write() as connection:
        ours_was_ahead = update(runs).where(runs.c.id == run)
        connection.execute(ours_was_ahead.values(started_at=datetime.now(UTC) + 5 * HOUR))
    assert covered(opened).until == read_until
    opened.close()


def test_a_key_is_silent_no_longer_than_its_own_environment_was_read(tmp_path: Path) -> None:
    """Whatever is read of another environment; and all together, no longer than the least read."""
    opened, whole, newest = new_store(tmp_path), TODAY - 10 * DAY, TODAY - DAY
    run = start_run(opened, "production")
    finish_run(opened, run, read=0, stored=0, unreachable=[], notes=[])
    with opened.write() as connection:
        connection.execute(update(runs).values(started_at=whole))
    fail(opened, whole - DAY)
    fail(opened, newest, owner="elsewhere", environment="sandbox")
    assert covered(opened).until == covered(opened, ["production"]).until == whole
    read = {one.facts.environment: one.facts.read_until for one in asked(opened).keys}
    assert read == {"production": whole, "sandbox": newest}
    run = start_run(opened, "production")
    finish_run(opened, run, read=0, stored=0, unreachable=[], notes=[])
    (alone, _) = sorted(asked(opened).keys, key=lambda one: one.facts.environment)
    assert alone == the_key(asked(opened, environments=("production",)))
    opened.close()


def test_a_key_that_several_schemas_have_is_exposed_in_all_of_them(store: Store) -> None:
    fail(store, TODAY - 3 * DAY)
    exposed(store, "public", (None, 3))
    exposed(store, "tenant", (None, 0), share=0.1)
    facts = the_key(asked(store)).facts
    assert (facts.exposure, facts.exposure_exact) == (3, False)
