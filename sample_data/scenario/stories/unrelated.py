"""Other reasons for which the same endpoints fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sample_data.scenario.merchant import Call, creating, updating
from sample_data.scenario.record import IDEMPOTENCY_KEY, Row
from sample_data.scenario.scene import Scene


async def missing_reference(scene: Scene) -> None:
    """The request names a user who does not exist."""
    person = next(scene.people)
    nobody = str(UUID(int=scene.rng.getrandbits(128), version=4))
    call = creating(person.email, name=person.name, legacy_user_id=nobody)
    await scene.merchant.fail(scene.kind, call, scene.moment())


async def missing_value(scene: Scene) -> None:
    """The request sends null where the table wants a value."""
    person, at = next(scene.people), scene.moment()
    call = creating(person.email, metadata=None)
    if scene.number % 2:
        call = updating(await scene.customer(person, at), metadata=None)
    await scene.merchant.fail(scene.kind, call, at)


async def provider_error(scene: Scene) -> None:
    """The payment provider answers 503; for some, a tombstone would have blocked them next."""
    person = next(scene.people)
    at = scene.moment()
    if scene.number % 3 == 2:
        holder = await scene.tombstone(person)
        at = scene.later(holder.gone_since, timedelta(minutes=1), timedelta(days=1))
    await scene.merchant.fail(scene.kind, _with_provider("error", person.email), at)


async def provider_silent(scene: Scene) -> None:
    """The payment provider does not answer in time."""
    call = _with_provider("silent", next(scene.people).email)
    await scene.merchant.fail(scene.kind, call, scene.moment())


async def order_in_the_way(scene: Scene) -> None:
    """Before soft deletion: a customer who has bought something cannot be removed."""
    customer = await scene.customer(next(scene.people), scene.era.begin)
    at = scene.moment(after=scene.era.begin + timedelta(hours=1))
    await scene.merchant.sell(customer, at - timedelta(minutes=30))
    call = Call("delete", "DELETE", f"/v1/customers/{customer.id}")
    await scene.merchant.fail(scene.kind, call, at)


async def idempotency_key_reused(scene: Scene) -> None:
    """An import uses one idempotency key for two customers: another table's unique key."""
    first, second = next(scene.people), next(scene.people)
    at = scene.moment(before=scene.halfway(scene.era.begin))
    key = f"import-{at:%Y-%m-%d}-{scene.number}"
    await scene.merchant.create_with_key(first, key, at)
    query = "SELECT id FROM idempotency_keys WHERE organization_id = %s AND key = %s"
    found = await scene.merchant.by_hand(query, [scene.merchant.organization_id, key], at)
    await scene.merchant.fail(
        scene.kind,
        replace(creating(second.email, name=second.name), headers={"Idempotency-Key": key}),
        scene.later(at, timedelta(minutes=5), timedelta(days=2)),
        constraint=IDEMPOTENCY_KEY,
        holder=Row(str(found[0][0]), at),
        value=key,
    )


def _with_provider(behaviour: str, email: str) -> Call:
    return replace(creating(email), headers={"X-Sandbox-Payments": behaviour})
