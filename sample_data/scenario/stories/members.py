"""The same fault in a sibling table, and what deleting a customer leaves behind there."""

from __future__ import annotations

from datetime import timedelta

from sample_data.api.modes import MEMBER_EMAIL_KEY, MEMBER_EXTERNAL_ID_KEY
from sample_data.scenario.merchant import joining
from sample_data.scenario.scene import Scene


async def member(scene: Scene) -> None:
    """Somebody leaves a customer's team and comes back."""
    owner, colleague = next(scene.people), next(scene.people)
    left = scene.moment(before=scene.halfway(scene.era.begin))
    customer = await scene.customer(owner, left - timedelta(days=1))
    joined = left - timedelta(hours=scene.rng.uniform(1, 20))
    row = await scene.merchant.join(customer, colleague.email, joined)
    await scene.merchant.dismiss(row, left)
    for moment in scene.tries(left):
        await scene.merchant.fail(
            scene.kind,
            joining(customer, colleague.email),
            moment,
            constraint=MEMBER_EMAIL_KEY,
            holder=row,
            value=f"{customer.id} {colleague.email}",
        )


async def leftover(scene: Scene) -> None:
    """A deleted customer's member lives on, and keeps a colleague from joining the next one."""
    owner, colleague, successor = next(scene.people), next(scene.people), next(scene.people)
    deleted_at = scene.moment(before=scene.halfway(scene.era.begin))
    customer = await scene.customer(owner, deleted_at - timedelta(days=1))
    joined = deleted_at - timedelta(hours=scene.rng.uniform(1, 20))
    row = await scene.merchant.join(customer, colleague.email, joined, colleague.external_id)
    await scene.merchant.delete(customer, deleted_at)
    founded = deleted_at + timedelta(seconds=10)
    company = await scene.merchant.create(successor.email, None, founded, name=successor.name)
    for moment in scene.tries(founded):
        await scene.merchant.fail(
            scene.kind,
            joining(company, colleague.email, colleague.external_id),
            moment,
            constraint=MEMBER_EXTERNAL_ID_KEY,
            holder=row,
            value=colleague.external_id,
        )
