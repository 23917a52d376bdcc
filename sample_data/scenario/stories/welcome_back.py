"""Re-creations that succeed: where deletion removes the row, and where the key knows deletion."""

from __future__ import annotations

from datetime import timedelta

from sample_data.api.modes import EMAIL_KEY
from sample_data.scenario.merchant import creating
from sample_data.scenario.scene import Scene


async def recreated(scene: Scene) -> None:
    """Deleted and created again, as it should be."""
    person = next(scene.people)
    holder = await scene.tombstone(person)
    at = scene.later(holder.gone_since, timedelta(minutes=1), timedelta(days=2))
    await scene.merchant.create(person.email, None, at, name=person.name)


async def recreated_after_the_mend(scene: Scene) -> None:
    """Blocked until the release that mends the key; with it the next try succeeds."""
    person = next(scene.people)
    holder = await scene.tombstone(person)
    call = creating(person.email, name=person.name)
    await scene.blocked_by(holder, EMAIL_KEY, call, scene.tries(holder.gone_since))
    mended = scene.era.end + timedelta(minutes=5)
    at = mended + timedelta(days=scene.rng.uniform(0, 13))
    await scene.merchant.create(person.email, None, at, name=person.name)
