"""Real duplicates: the row that holds the key was alive when the request failed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sample_data.api.modes import EMAIL_KEY, EXTERNAL_ID_KEY
from sample_data.people import Person
from sample_data.scenario.merchant import StoryBroke, creating, updating
from sample_data.scenario.record import Fate, Row
from sample_data.scenario.scene import Scene

_TRIES = 5


async def race(scene: Scene) -> None:
    """Two requests create the same customer; both pass the check, one insert is refused."""
    await _race(scene)


async def race_then_deleted(scene: Scene) -> None:
    """The one that won is deleted later. That explains nothing about the failure."""
    winner = await _race(scene)
    deleted_at = scene.later(winner.created_at, timedelta(hours=1), timedelta(days=3))
    await scene.merchant.delete(winner, deleted_at)


async def race_beside_a_tombstone(scene: Scene) -> None:
    """A tombstone has the same address, but the mended key does not count it."""
    for _ in range(_TRIES):
        person = next(scene.people)
        tombstone = await scene.tombstone(person)
        at = scene.later(tombstone.gone_since, timedelta(minutes=1), timedelta(days=1))
        if await _meet(scene, person, at) is not None:
            return
    raise StoryBroke(f"Of {_TRIES} pairs of requests no two met.")


async def taken_by_update(scene: Scene) -> None:
    """A customer changes to what a living one has; the release never checks that."""
    holder, customer = await _two_customers(scene)
    key, call = EMAIL_KEY, updating(customer, email=holder.email)
    if scene.number % 3 == 2:
        key, call = EXTERNAL_ID_KEY, updating(customer, external_id=holder.external_id)
    failed = scene.later(customer.created_at, timedelta(minutes=1), timedelta(days=3))
    again = failed + timedelta(seconds=scene.rng.uniform(4, 90))
    moments = [failed, again] if scene.number % 2 else [failed]
    await scene.blocked_by(holder, key, call, moments)


async def deleted_after(scene: Scene) -> None:
    """The holder is deleted after the failure. Some try again, and now a tombstone blocks them."""
    holder, customer = await _two_customers(scene)
    call = updating(customer, email=holder.email)
    failed = scene.later(customer.created_at, timedelta(minutes=1), timedelta(hours=5))
    await scene.blocked_by(holder, EMAIL_KEY, call, [failed])
    await scene.merchant.delete(holder, scene.later(failed, timedelta(hours=1), timedelta(days=2)))
    if scene.number % 2:
        await scene.blocked_by(holder, EMAIL_KEY, call, scene.tries(holder.gone_since))


async def holder_removed(scene: Scene) -> None:
    """Before soft deletion: the holder's row is gone for good, and with it the proof."""
    holder, customer = await _two_customers(scene)
    failed = scene.later(customer.created_at, timedelta(minutes=1), timedelta(hours=5))
    await scene.blocked_by(holder, EMAIL_KEY, updating(customer, email=holder.email), [failed])
    await scene.merchant.delete(holder, scene.later(failed, timedelta(hours=1), timedelta(days=2)))
    holder.fate = Fate.PURGED


async def _two_customers(scene: Scene) -> tuple[Row, Row]:
    """One who has been there for long, and one who came in this era and has some of it left."""
    first, second = next(scene.people), next(scene.people)
    at = scene.moment(before=scene.halfway(scene.era.begin))
    holder = await scene.customer(first, at, first.external_id)
    return holder, await scene.merchant.create(second.email, None, at, name=second.name)


async def _race(scene: Scene) -> Row:
    """Two requests that really meet: where the first is answered too soon, two others try."""
    for _ in range(_TRIES):
        person = next(scene.people)
        at = scene.moment(before=scene.era.end - timedelta(days=4))
        winner = await _meet(scene, person, at)
        if winner is not None:
            return winner
    raise StoryBroke(f"Of {_TRIES} pairs of requests no two met.")


async def _meet(scene: Scene, person: Person, at: datetime) -> Row | None:
    call = creating(person.email, name=person.name)
    moments = (at, at + timedelta(milliseconds=scene.rng.randint(5, 900)))
    return await scene.merchant.race(
        scene.kind, call, moments, constraint=EMAIL_KEY, value=person.email
    )
