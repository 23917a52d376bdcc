"""Blocked once, and then somebody with a database console helped."""

from __future__ import annotations

from datetime import datetime, timedelta

from sample_data.api.modes import EMAIL_KEY, EXTERNAL_ID_KEY
from sample_data.scenario.merchant import Call, creating
from sample_data.scenario.record import Fate, Row
from sample_data.scenario.scene import Scene

_RESTORE = "UPDATE customers SET deleted_at = NULL, modified_at = %s WHERE id = %s"
_PURGE = "DELETE FROM customers WHERE id = %s"
_RELEASE_EMAIL = """
UPDATE customers SET email = 'released+' || id || '@released.invalid', modified_at = %s
WHERE id = %s
"""
_RELEASE_EXTERNAL_ID = """
UPDATE customers
SET user_metadata = user_metadata || jsonb_build_object('__external_id', external_id),
    external_id = NULL, modified_at = %s
WHERE id = %s
"""


async def restored(scene: Scene) -> None:
    """The deleted row was brought back: it looks as if it had always been alive."""
    person = next(scene.people)
    holder = await scene.tombstone(person)
    helped = await _blocked_until_helped(scene, holder, EMAIL_KEY, creating(person.email))
    await scene.merchant.by_hand(_RESTORE, [helped, holder.id], helped)
    holder.fate = Fate.RESTORED


async def purged(scene: Scene) -> None:
    """The deleted row was removed for good; half of them came back as new customers."""
    person = next(scene.people)
    holder = await scene.tombstone(person)
    helped = await _blocked_until_helped(scene, holder, EMAIL_KEY, creating(person.email))
    await scene.merchant.by_hand(_PURGE, [holder.id], helped)
    holder.fate = Fate.PURGED
    if scene.number % 2:
        at = scene.later(helped, timedelta(minutes=2), timedelta(hours=9))
        await scene.merchant.create(person.email, None, at, name=person.name)


async def external_id_released(scene: Scene) -> None:
    """The external ID was moved into the row's metadata, and the customer came back."""
    person, again = next(scene.people), next(scene.people)
    holder = await scene.tombstone(person, external_id=person.external_id)
    call = creating(again.email, person.external_id)
    helped = await _blocked_until_helped(scene, holder, EXTERNAL_ID_KEY, call)
    await scene.merchant.by_hand(_RELEASE_EXTERNAL_ID, [helped, holder.id], helped)
    holder.released[EXTERNAL_ID_KEY] = True
    at = scene.later(helped, timedelta(minutes=2), timedelta(hours=9))
    await scene.merchant.create(again.email, person.external_id, at, name=person.name)


async def email_released(scene: Scene) -> None:
    """The address was overwritten, and the customer came back."""
    person = next(scene.people)
    holder = await scene.tombstone(person)
    helped = await _blocked_until_helped(scene, holder, EMAIL_KEY, creating(person.email))
    await scene.merchant.by_hand(_RELEASE_EMAIL, [helped, holder.id], helped)
    holder.released[EMAIL_KEY] = False
    at = scene.later(helped, timedelta(minutes=2), timedelta(hours=9))
    await scene.merchant.create(person.email, None, at, name=person.name)


async def second_key(scene: Scene) -> None:
    """Both keys were held; the address was released, and then the external ID was in the way."""
    person = next(scene.people)
    holder = await scene.tombstone(person, external_id=person.external_id)
    call = creating(person.email, person.external_id)
    helped = await _blocked_until_helped(scene, holder, EMAIL_KEY, call)
    await scene.merchant.by_hand(_RELEASE_EMAIL, [helped, holder.id], helped)
    holder.released[EMAIL_KEY] = False
    await scene.blocked_by(holder, EXTERNAL_ID_KEY, call, scene.tries(helped))


async def _blocked_until_helped(scene: Scene, holder: Row, constraint: str, call: Call) -> datetime:
    """They try in the first half of the time that is left; when they were helped in the other."""
    until = scene.halfway(holder.gone_since)
    moments = scene.tries(holder.gone_since, until=until)
    await scene.blocked_by(holder, constraint, call, moments)
    return scene.moment(after=until)
