"""Customers who were hit: every number against a plain recount of the Conflicts' own rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from collectors.evidence.database import Store
from collectors.evidence.reads import kept_out
from collectors.evidence.reads.conflicts import ConflictFilter
from collectors.evidence.reads.customers import hurt
from collectors.evidence.remedied import mark_blocked_again, mark_unblocked
from collectors.evidence.schema import conflicts, customer_days, failures
from collectors.model.customers import Outcome
from tests.database import hurt_world
from tests.database.hurt_world import DAY, MIDNIGHT
from tests.factories import new_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = new_store(tmp_path)
    hurt_world.fill(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The same for whoever only reads."""
    opened = new_store(tmp_path_factory.mktemp("unchanged"))
    hurt_world.fill(opened)
    yield opened
    opened.close()


def kept(store: Store) -> dict[tuple[object, ...], tuple[int, int]]:
    with store.read() as connection:
        rows = connection.execute(select(customer_days)).all()
    return {tuple(row[:3]): (row.began, row.ended) for row in rows if row.began or row.ended}


def recounted(store: Store) -> dict[tuple[object, ...], tuple[int, int]]:
    """The same, Conflict by Conflict."""
    began: Counter[tuple[object, ...]] = Counter()
    ended: Counter[tuple[object, ...]] = Counter()
    for one in hurt_world.plain(store):
        if not one.customer or one.first_seen is None:
            continue
        place = (one.environment, one.constraint)
        began[hurt_world.midnight(one.first_seen), *place] += 1
        if one.freed_at is not None:
            ended[hurt_world.midnight(one.freed_at), *place] += 1
    return {place: (began[place], ended[place]) for place in {*began, *ended}}


def test_the_days_say_what_the_conflicts_say(store: Store) -> None:
    assert kept(store) == recounted(store)
    assert sum(began for began, _ in kept(store).values()) > 50


def test_a_remedy_and_its_undo_move_a_customer_between_the_days(store: Store) -> None:
    (one, *_) = [one for one in hurt_world.plain(store) if one.verdict.is_blocked]
    before = kept(store)
    with store.write() as line:
        mark_unblocked(line, one.id, by="release-key by ann", at=MIDNIGHT, reason="Released.")
    assert kept(store) == recounted(store) != before
    with store.write() as line:
        mark_blocked_again(line, one.id, at=MIDNIGHT + DAY, reason="Undone.")
    assert kept(store) == recounted(store) == before


def test_what_is_removed_is_counted_no_more(store: Store) -> None:
    with store.write() as connection:
        connection.execute(update(failures).values(conflict_id=None))
        for table in hurt_world.ABOUT_CONFLICTS:
            connection.execute(delete(table))
        connection.execute(delete(conflicts))
    assert kept(store) == {}


@pytest.mark.parametrize("owner", hurt_world.OWNERS[:2])
def test_an_organization_s_days_are_counted_as_the_whole_s_are(
    unchanged: Store, owner: str
) -> None:
    wanted = ConflictFilter(organization_id=owner)
    told = {one.day: (one.began, one.ended) for one in kept_out.customer_days(unchanged, wanted)}
    mine = [
        one for one in hurt_world.plain(unchanged) if one.customer and one.organization_id == owner
    ]
    began = Counter(hurt_world.midnight(one.first_seen) for one in mine if one.first_seen)
    ended = Counter(hurt_world.midnight(one.freed_at) for one in mine if one.freed_at)
    assert told == {day: (began[day], ended[day]) for day in {*began, *ended}}


@pytest.mark.parametrize("since", [None, MIDNIGHT - 30 * DAY, MIDNIGHT - 7 * DAY])
@pytest.mark.parametrize("organization", [None, hurt_world.OWNERS[0]])
def test_every_customer_ends_in_exactly_one_way(
    unchanged: Store, since: datetime | None, organization: str | None
) -> None:
    wanted = ConflictFilter(since=since, organization_id=organization)
    found = hurt(unchanged, wanted, MIDNIGHT - 14 * DAY, 100)
    assert sum(found.outcomes.values()) == found.hit == sum(found.tried.values())
    assert sum(one.hit for one in found.listed) == found.hit


def test_without_anybody_listening_nobody_who_is_blocked_has_given_up(unchanged: Store) -> None:
    found = hurt(unchanged, ConflictFilter(), None, 0)
    blocked = [
        one for one in hurt_world.plain(unchanged) if one.verdict.is_blocked and one.last_seen
    ]
    assert found.outcomes[Outcome.TOO_EARLY] == len(blocked)


def test_the_curve_s_customers_are_those_seen_kept_out(unchanged: Store) -> None:
    freed = sum(one.customers for one in kept_out.waits(unchanged, ConflictFilter()))
    out = sum(one.customers for one in kept_out.still_out(unchanged, ConflictFilter()))
    met = [one for one in hurt_world.plain(unchanged) if one.customer and one.first_seen]
    assert out == sum(one.verdict.is_blocked for one in met)
    assert freed == sum(one.held_at is not None for one in met if not one.verdict.is_blocked)
