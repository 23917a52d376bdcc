"""Failures counted by day: whatever writes a Failure, the counts say what the Failures say."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update

from collectors.evidence.database import Store
from collectors.evidence.migrations.run import upgrade
from collectors.evidence.reads.failure_counts import By, Step, count_by, count_failures
from collectors.evidence.reads.failures import FailureFilter
from collectors.evidence.schema import failure_days, failures
from collectors.evidence.store import save_page
from collectors.model import Verdict
from tests.factories import NOON, judged, new_store, violated

MIDNIGHT = datetime(NOON.year, NOON.month, NOON.day, tzinfo=UTC)
VERDICTS = (Verdict.BLOCKED_BY_TOMBSTONE, Verdict.LIVE_DUPLICATE, Verdict.UNDECIDED)


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Store]:
    """Some hundred Failures of all kinds over some days."""
    store, chance = new_store(tmp_path), random.Random(7)
    page = [
        replace(
            judged(
                key=violated("o", f"c{number}@example.com"),
                verdict=chance.choice(VERDICTS),
                environment=chance.choice(("production", "sandbox")),
                release=chance.choice((None, "1.0", "2.0")),
                occurred_at=NOON - timedelta(hours=chance.randrange(200)),
            ),
            organization_id=f"org-{chance.randrange(3)}",
        )
        for number in range(300)
    ]
    save_page(store, "test", page)
    yield store
    store.close()


def recounted(store: Store) -> Counter[tuple[object, ...]]:
    """The counts anew, from the Failures one by one."""
    with store.read() as connection:
        rows = connection.execute(select(failures)).all()
    return Counter(
        (
            row.occurred_at.replace(hour=0, minute=0, second=0, microsecond=0),
            row.environment,
            row.constraint_name or "",
            row.table_name or "",
            row.operation or "",
            row.release or "",
            row.verdict,
        )
        for row in rows
    )


def kept(store: Store) -> Counter[tuple[object, ...]]:
    """The counts as they are kept."""
    with store.read() as connection:
        rows = connection.execute(select(failure_days)).all()
    return Counter({tuple(row[:-1]): row.failures for row in rows if row.failures})


def test_the_days_say_what_the_failures_say(filled: Store) -> None:
    assert kept(filled) == recounted(filled)
    assert kept(filled).total() == 300


def test_reading_a_page_twice_counts_nothing_twice(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    page = [judged(key=violated("o", "a@example.com"))]
    save_page(store, "test", page)
    save_page(store, "test", page)
    assert kept(store) == recounted(store)
    assert count_failures(store, FailureFilter()) == 1


def test_a_failure_that_is_judged_anew_moves(filled: Store) -> None:
    wanted = failures.c.verdict == Verdict.UNDECIDED
    with filled.write() as connection:
        connection.execute(update(failures).where(wanted).values(verdict=Verdict.HOLDER_GONE))
    assert kept(filled) == recounted(filled)
    assert count_failures(filled, FailureFilter(verdicts=(Verdict.UNDECIDED,))) == 0


def test_one_that_is_taken_away_is_counted_no_more(filled: Store) -> None:
    with filled.write() as connection:
        connection.execute(delete(failures).where(failures.c.environment == "sandbox"))
    assert kept(filled) == recounted(filled)
    assert count_failures(filled, FailureFilter(environments=("sandbox",))) == 0


WANTED = {
    "everything": FailureFilter(),
    "whole days": FailureFilter(since=MIDNIGHT - timedelta(days=3), until=MIDNIGHT),
    "from the middle of a day": FailureFilter(since=NOON - timedelta(hours=30)),
    "one organization": FailureFilter(organization_id="org-1"),
    "one release": FailureFilter(release="2.0"),
    "an environment and a verdict": FailureFilter(
        environments=("production",), verdicts=(Verdict.UNDECIDED, Verdict.LIVE_DUPLICATE)
    ),
}


@pytest.mark.parametrize("wanted", WANTED.values(), ids=WANTED)
@pytest.mark.parametrize("step", [None, Step.DAY, Step.HOUR])
def test_days_and_failures_give_the_same_numbers(
    filled: Store, wanted: FailureFilter, step: Step | None
) -> None:
    told = count_by(filled, wanted, (By.RELEASE, By.VERDICT), step)
    assert {(one.at, one.names): one.failures for one in told} == by_hand(filled, wanted, step)


def by_hand(
    store: Store, wanted: FailureFilter, step: Step | None
) -> dict[tuple[datetime | None, tuple[str, ...]], int]:
    with store.read() as connection:
        rows = connection.execute(select(failures)).all()
    found: Counter[tuple[datetime | None, tuple[str, ...]]] = Counter()
    for row in rows:
        fits = (
            (not wanted.environments or row.environment in wanted.environments)
            and (not wanted.verdicts or Verdict(row.verdict) in wanted.verdicts)
            and (wanted.since is None or row.occurred_at >= wanted.since)
            and (wanted.until is None or row.occurred_at < wanted.until)
            and wanted.organization_id in (None, row.organization_id)
            and wanted.release in (None, row.release)
        )
        if fits:
            begins = row.occurred_at.replace(minute=0, second=0, microsecond=0)
            at = begins.replace(hour=0) if step is Step.DAY else begins
            found[None if step is None else at, (row.release or "", row.verdict)] += 1
    return dict(found)


def test_a_store_from_before_is_counted_when_it_is_upgraded(filled: Store) -> None:
    expected = recounted(filled)
    with filled.write() as connection:
        for name in ("failure_stored", "failure_removed", "failure_changed"):
            connection.execute(text(f"DROP TRIGGER {name}"))
        for name in (
            "ix_failures_organization_id_occurred_at",
            "ix_failures_occurred_at_event_id",
            "ix_failures_release_conflict_id",
            "ix_conflicts_counted",
        ):
            connection.execute(text(f"DROP INDEX {name}"))
        connection.execute(text("DROP TABLE failure_days"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    upgrade(filled.engine, "0003")
    assert kept(filled) == expected
