"""Deleted and created again: the bug itself, on each way that leads to it."""

from __future__ import annotations

from datetime import timedelta

from sample_data.api.modes import EMAIL_KEY, EXTERNAL_ID_KEY
from sample_data.people import SPECIAL_ADDRESSES, SPECIAL_EXTERNAL_IDS, Person
from sample_data.scenario.merchant import confirming, creating, updating
from sample_data.scenario.scene import Scene


async def same_email(scene: Scene) -> None:
    """Created again with the address as it was."""
    person = next(scene.people)
    holder = await scene.tombstone(person)
    call = creating(person.email, name=person.name)
    await scene.blocked_by(holder, EMAIL_KEY, call, scene.tries(holder.gone_since))


async def other_case(scene: Scene) -> None:
    """Created again with the address in other letters, which the index folds."""
    person = next(scene.people)
    first, second = person.email, person.email.upper()
    if scene.number < len(SPECIAL_ADDRESSES):
        first, second = SPECIAL_ADDRESSES[scene.number]
    holder = await scene.tombstone(Person(person.name, first, person.external_id))
    await scene.blocked_by(holder, EMAIL_KEY, creating(second), scene.tries(holder.gone_since))


async def external_id(scene: Scene) -> None:
    """Another address, and the external ID that the merchant's own system keeps using."""
    person, again = next(scene.people), next(scene.people)
    value = person.external_id
    if scene.number < len(SPECIAL_EXTERNAL_IDS):
        value = SPECIAL_EXTERNAL_IDS[scene.number]
    holder = await scene.tombstone(person, external_id=value)
    call = creating(again.email, value, name=person.name)
    await scene.blocked_by(holder, EXTERNAL_ID_KEY, call, scene.tries(holder.gone_since))


async def both(scene: Scene) -> None:
    """Both keys are held. PostgreSQL names the one that was made first: the e-mail."""
    person = next(scene.people)
    holder = await scene.tombstone(person, external_id=person.external_id)
    call = creating(person.email, person.external_id, name=person.name)
    await scene.blocked_by(holder, EMAIL_KEY, call, scene.tries(holder.gone_since))


async def both_where_the_email_is_mended(scene: Scene) -> None:
    """Both keys are held, but only the external ID's still counts the deleted row."""
    person = next(scene.people)
    holder = await scene.tombstone(person, external_id=person.external_id)
    call = creating(person.email, person.external_id, name=person.name)
    await scene.blocked_by(holder, EXTERNAL_ID_KEY, call, scene.tries(holder.gone_since))


async def anonymized(scene: Scene) -> None:
    """The tombstone has forgotten the person, and still holds their external ID."""
    person = next(scene.people)
    holder = await scene.tombstone(person, external_id=person.external_id, anonymize=True)
    call = creating(person.email, person.external_id, name=person.name)
    await scene.blocked_by(holder, EXTERNAL_ID_KEY, call, scene.tries(holder.gone_since))


async def at_checkout(scene: Scene) -> None:
    """Somebody wants to pay again. The request does not hold their address."""
    person = next(scene.people)
    holder = await scene.tombstone(person)
    moments = scene.tries(holder.gone_since)
    opened = moments[0] - timedelta(seconds=scene.rng.uniform(1, 14))
    checkout = await scene.merchant.open_checkout(person.email, person.name, opened)
    await scene.blocked_by(holder, EMAIL_KEY, confirming(checkout), moments)


async def by_update(scene: Scene) -> None:
    """A living customer changes to the address or external ID that a deleted one holds."""
    person, other = next(scene.people), next(scene.people)
    holder = await scene.tombstone(person, external_id=person.external_id)
    customer = await scene.customer(other, holder.gone_since)
    key, call = EMAIL_KEY, updating(customer, email=person.email)
    if scene.number % 2:
        key, call = EXTERNAL_ID_KEY, updating(customer, external_id=person.external_id)
    await scene.blocked_by(holder, key, call, scene.tries(holder.gone_since))


async def in_one_breath(scene: Scene) -> None:
    """A script that deletes and creates again within a second or two."""
    person = next(scene.people)
    holder = await scene.tombstone(person)
    soon = holder.gone_since + timedelta(milliseconds=scene.rng.randint(300, 2000))
    await scene.blocked_by(holder, EMAIL_KEY, creating(person.email, name=person.name), [soon])
