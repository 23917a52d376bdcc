"""Failed Re-creations and hurt customers: whatever writes a Failure, the counts say the same."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, event, select, text, update

from collectors.evidence.database import Store
from collectors.evidence.migrations.run import upgrade
from collectors.evidence.reads.failed_recreations import (
    customers_by_release,
    failed_recreations,
)
from collectors.evidence.reads.failing import failing_spans, last_failures
from collectors.evidence.reads.failures import FailureFilter, conditions
from collectors.evidence.schema import counted_days, failures
from collectors.evidence.store import save_page
from collectors.evidence.surveyed import save_counts
from collectors.model import OF_THIS_BUG, Counting, DayCount, Operation, TableCounts, Topic, Verdict
from tests.factories import NOON, judged, new_store, violated

MIDNIGHT = datetime(NOON.year, NOON.month, NOON.day, tzinfo=UTC)
VERDICTS = (
    Verdict.BLOCKED_BY_TOMBSTONE,
    Verdict.BLOCKED_BY_LEFTOVER,
    Verdict.UNBLOCKED,
    Verdict.LIVE_DUPLICATE,
)
RELEASES = (None, "1.0", "2.0")
OPERATIONS = (Operation.CREATE, Operation.CREATE, Operation.UPDATE, None)
FILTERS = {
    "everything": FailureFilter(),
    "environment": FailureFilter(environments=("sandbox",)),
    "release": FailureFilter(release="1.0"),
    "whole-days": FailureFilter(since=MIDNIGHT - timedelta(days=2)),
    "hours": FailureFilter(since=NOON - timedelta(hours=30)),
    "organization": FailureFilter(organization_id="org-1"),
    "all-at-once": FailureFilter(
        environments=("production",),
        organization_id="org-2",
        release="2.0",
        since=NOON - timedelta(days=3),
    ),
}


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Store]:
    """Some hundred Failures of forty customers over some days, some in two environments."""
    store, chance = new_store(tmp_path), random.Random(11)
    page = [
        replace(
            judged(
                key=violated("o", f"c{customer}@example.com"),
                verdict=chance.choice(VERDICTS),
                environment="sandbox" if chance.randrange(9) < 2 * (customer % 4) else "production",
                release=chance.choice(RELEASES),
                operation=chance.choice(OPERATIONS),
                occurred_at=NOON - timedelta(hours=chance.randrange(120)),
            ),
            organization_id=f"org-{customer % 4}",
            conflict_id=f"{customer:016x}",
        )
        for customer in (chance.randrange(40) for _ in range(300))
    ]
    save_page(store, "test", page)
    yield store
    store.close()


def stored(store: Store, wanted: FailureFilter) -> list[tuple[object, ...]]:
    query = select(failures).where(*conditions(failures, wanted, failures.c.occurred_at))
    with store.read() as connection:
        rows = connection.execute(query.where(failures.c.conflict_id.is_not(None))).all()
    return [
        (
            row.occurred_at.date(),
            row.environment,
            row.table_name,
            row.constraint_name,
            row.conflict_id,
            row.release or "",
            Verdict(row.verdict),
            row.operation,
        )
        for row in rows
    ]


def recounted(store: Store, wanted: FailureFilter) -> dict[tuple[object, ...], int]:
    by_tombstone = (Verdict.BLOCKED_BY_TOMBSTONE, Verdict.UNBLOCKED)
    found = {
        line[:5]
        for line in stored(store, wanted)
        if line[6] in by_tombstone and line[7] == Operation.CREATE
    }
    return dict(Counter(line[:4] for line in found))


def hurt(store: Store, wanted: FailureFilter) -> dict[tuple[object, ...], int]:
    found = defaultdict(set)
    for line in stored(store, wanted):
        if line[6] in OF_THIS_BUG:
            found[line[1], line[5]].add(line[4])
    return {kind: len(customers) for kind, customers in found.items()}


def told(store: Store, wanted: FailureFilter) -> dict[tuple[object, ...], int]:
    return {
        (one.day, one.environment, one.table, one.constraint): one.customers
        for one in failed_recreations(store, wanted)
    }


def told_of_releases(store: Store, wanted: FailureFilter) -> dict[tuple[object, ...], int]:
    found = customers_by_release(store, wanted)
    return {(one.environment, one.release): one.customers for one in found}


def spans(store: Store, wanted: FailureFilter) -> dict[tuple[object, ...], tuple[object, ...]]:
    found = defaultdict(list)
    for line in stored(store, wanted):
        if line[6] in OF_THIS_BUG:
            found[line[1], line[2], line[3], line[5]].append(line[0])
    return {kind: (min(days), max(days), len(days)) for kind, days in found.items()}  # type: ignore[type-var]


def changed_at_random(store: Store) -> None:
    """Verdicts move, Failures get other times and releases, some are erased, some come again."""
    chance = random.Random(5)
    with store.write() as connection:
        ids = sorted(connection.scalars(select(failures.c.event_id)))
        for event_id in chance.sample(ids, 200):
            one = failures.c.event_id == event_id
            values = chance.choice(
                (
                    {"verdict": chance.choice(VERDICTS)},
                    {"release": chance.choice(RELEASES)},
                    {"operation": chance.choice(OPERATIONS)},
                    {"occurred_at": NOON - timedelta(hours=chance.randrange(120))},
                    {"conflict_id": None},
                )
            )
            connection.execute(update(failures).where(one).values(**values))
        for event_id in chance.sample(ids, 60):
            connection.execute(delete(failures).where(failures.c.event_id == event_id))


@pytest.mark.parametrize("name", FILTERS)
def test_a_customer_counts_once_a_day_however_often_they_tried(filled: Store, name: str) -> None:
    assert told(filled, FILTERS[name]) == recounted(filled, FILTERS[name])
    assert told_of_releases(filled, FILTERS[name]) == hurt(filled, FILTERS[name])


@pytest.mark.parametrize("name", FILTERS)
def test_which_key_failed_in_which_release_and_since_when(filled: Store, name: str) -> None:
    told = {
        (one.environment, one.table, one.constraint, one.release): (
            one.first_day,
            one.last_day,
            one.failures,
        )
        for one in failing_spans(filled, FILTERS[name])
    }
    assert told == spans(filled, FILTERS[name])


@pytest.mark.parametrize("name", FILTERS)
def test_whatever_changes_a_failure_changes_the_counts(filled: Store, name: str) -> None:
    before = told(filled, FailureFilter())
    changed_at_random(filled)
    assert told(filled, FailureFilter()) != before
    assert told(filled, FILTERS[name]) == recounted(filled, FILTERS[name])
    assert told_of_releases(filled, FILTERS[name]) == hurt(filled, FILTERS[name])


@pytest.mark.parametrize("name", FILTERS)
def test_when_each_key_failed_last(filled: Store, name: str) -> None:
    days: dict[tuple[str, str], date] = {}
    for one in failing_spans(filled, FILTERS[name]):
        place = (one.environment, one.constraint)
        days[place] = max(one.last_day, days.get(place, one.last_day))
    told = last_failures(filled, replace(FILTERS[name], since=None), days)
    with filled.read() as connection:
        rows = connection.execute(
            select(failures).where(
                failures.c.verdict.in_(OF_THIS_BUG),
                *conditions(failures, FILTERS[name], failures.c.occurred_at),
            )
        ).all()
    last: dict[tuple[str, str], datetime] = {}
    for row in rows:
        place = (row.environment, row.constraint_name)
        last[place] = max(row.occurred_at, last.get(place, row.occurred_at))
    assert told == last


def test_when_the_last_failure_is_gone_nothing_is_counted(filled: Store) -> None:
    with filled.write() as connection:
        connection.execute(delete(failures))
        left = [
            connection.scalar(text(f"SELECT count(*) FROM {table} WHERE customers <> 0"))
            for table in ("failed_recreation_days", "release_customers")
        ]
    assert left == [0, 0]


def test_a_store_from_before_is_counted_when_it_is_upgraded(filled: Store) -> None:
    how, day = Counting(NOON, covers_from=MIDNIGHT), MIDNIGHT.date()
    given = {
        Topic.CREATES: (DayCount(day, "org-1", 2), DayCount(day, None, 1)),
        Topic.RECREATIONS: (DayCount(day, "org-1", 2, "by_email"), DayCount(day, None, 1)),
    }
    for topic, days in given.items():
        counts = TableCounts("production", "public", "customers", topic, how, days=days)
        save_counts(filled, counts)
    with filled.write() as connection:
        wholes = set(connection.execute(select(counted_days)).all())
        for name in ("recreation", "customer"):
            for when in ("stored", "removed", "left", "came"):
                connection.execute(text(f"DROP TRIGGER {name}_{when}"))
        for table in ("failed_recreation_days", "release_customers", "counted_days"):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    upgrade(filled.engine, "0004")
    assert told(filled, FailureFilter()) == recounted(filled, FailureFilter())
    assert told(filled, FILTERS["release"]) == recounted(filled, FILTERS["release"])
    assert told_of_releases(filled, FailureFilter()) == hurt(filled, FailureFilter())
    with filled.read() as connection:
        assert set(connection.execute(select(counted_days)).all()) == wholes


def test_a_store_that_was_counted_wrongly_is_counted_afresh(filled: Store) -> None:
    with filled.write() as connection:
        connection.execute(text("UPDATE failed_recreation_days SET customers = customers - 1"))
        connection.execute(text("UPDATE release_customers SET customers = customers + 1"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0007'"))
    upgrade(filled.engine)
    changed_at_random(filled)
    assert told(filled, FailureFilter()) == recounted(filled, FailureFilter())
    assert told_of_releases(filled, FailureFilter()) == hurt(filled, FailureFilter())


LISTED, SHORT = (
    "{row}.verdict IN ('BLOCKED_BY_TOMBSTONE', 'BLOCKED_BY_LEFTOVER', 'UNBLOCKED')",
    "({row}.verdict = 'UNBLOCKED' OR {row}.verdict IN ('BLOCKED_BY_TOMBSTONE',"
    " 'BLOCKED_BY_LEFTOVER'))",
)
"""How the triggers of older stores asked, and how they ask."""


def triggers_of(store: Store) -> dict[str, str]:
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'failures'"
    with store.read() as connection:
        return {row.name: row.sql for row in connection.execute(text(query))}


def test_the_triggers_of_an_older_store_are_made_anew(filled: Store) -> None:
    made = triggers_of(filled)
    with filled.write() as connection:
        for name, sql in made.items():
            for row in ("old", "new", "other"):
                sql = sql.replace(SHORT.format(row=row), LISTED.format(row=row))
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
            connection.exec_driver_sql(sql)
        connection.execute(text("UPDATE alembic_version SET version_num = '0008'"))
    assert triggers_of(filled) != made
    upgrade(filled.engine)
    assert triggers_of(filled) == made
    changed_at_random(filled)
    assert told(filled, FailureFilter()) == recounted(filled, FailureFilter())
    assert told_of_releases(filled, FailureFilter()) == hurt(filled, FailureFilter())


def steps_of_another(folder: Path, customers: int) -> int:
    """Hundreds of SQLite's steps that one more Failure costs beside so many of other customers."""
    folder.mkdir()
    store, steps = new_store(folder), Counter[str]()
    page = [
        replace(judged(key=violated("o", f"c{n}@example.com")), conflict_id=f"{n:016x}")
        for n in range(customers + 1)
    ]
    save_page(store, "test", page[:-1])

    def watch(connection: sqlite3.Connection, *_of_the_pool: object) -> None:
        connection.set_progress_handler(lambda: steps.update(["taken"]), 100)

    event.listen(store.engine, "checkout", watch)
    save_page(store, "test", page[-1:])
    store.close()
    return steps["taken"]


def test_one_more_failure_costs_the_same_however_many_there_are(tmp_path: Path) -> None:
    """The triggers ask for the others of its Conflict alone, and not for all of its environment."""
    few, many = (steps_of_another(tmp_path / str(n), n) for n in (50, 1_000))
    assert 0 < many < 2 * few
