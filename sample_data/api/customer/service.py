"""The rules about customers, with the mistake at their heart.

`check_is_free` and every other look-up hide deleted customers. The unique indexes count them.
Between the two lies the 500.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

from fastapi import HTTPException
from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from sample_data.api import clock
from sample_data.api.access import Caller
from sample_data.api.customer.schemas import CustomerCreate, CustomerUpdate
from sample_data.api.models import Customer, IdempotencyKey, Member, Subscription


def visible(organization_id: UUID) -> Select[Customer]:
    """The customers that the application admits to."""
    return select(Customer).where(
        Customer.organization_id == organization_id, Customer.deleted_at.is_(None)
    )


def having_email(query: Select[Customer], email: str) -> Select[Customer]:
    """Those with this address, in any letter case."""
    return query.where(func.lower(Customer.email) == func.lower(email))


async def check_is_free(caller: Caller, email: str, external_id: str | None) -> None:
    """422 if a visible customer has the e-mail address or the external ID."""
    everyone = visible(caller.organization.id)
    taken = await caller.session.scalar(having_email(everyone, email))
    if taken is not None:
        raise duplicate("email", "A customer with this email address already exists.")
    if external_id is None:
        return
    taken = await caller.session.scalar(everyone.where(Customer.external_id == external_id))
    if taken is not None:
        raise duplicate("external_id", "A customer with this external ID already exists.")


def duplicate(field: str, message: str) -> HTTPException:
    """The answer to a request that repeats what a live record has."""
    return HTTPException(422, [{"loc": ["body", field], "msg": message, "type": "value_error"}])


async def get(caller: Caller, customer_id: UUID) -> Customer:
    """404 for what does not exist, is another organization's, or was deleted."""
    query = visible(caller.organization.id).where(Customer.id == customer_id)
    customer = await caller.session.scalar(query)
    if customer is None:
        raise HTTPException(404, "There is no such customer.")
    return customer


async def create(caller: Caller, body: CustomerCreate, idempotency_key: str | None) -> Customer:
    """Check, tell the payment provider, insert. The insert runs when the request is committed."""
    await check_is_free(caller, body.email, body.external_id)
    stripe_customer_id = await caller.payments.create_customer(body.email)
    customer = Customer(
        organization_id=caller.organization.id,
        email=body.email,
        name=body.name,
        external_id=body.external_id,
        legacy_user_id=body.legacy_user_id,
        stripe_customer_id=stripe_customer_id,
        user_metadata=body.metadata,
    )
    caller.session.add(customer)
    if idempotency_key is not None:
        key = IdempotencyKey(organization_id=caller.organization.id, key=idempotency_key)
        caller.session.add(key)
    return customer


async def update(caller: Caller, customer_id: UUID, body: CustomerUpdate) -> Customer:
    """Change what was sent. Nobody checks whether another customer has the new values."""
    customer = await get(caller, customer_id)
    for field, value in body.model_dump(exclude_unset=True).items():
        setattr(customer, "user_metadata" if field == "metadata" else field, value)
    await _active_subscriptions(caller.session, customer)
    return customer


async def _active_subscriptions(session: AsyncSession, customer: Customer) -> int:
    """For the webhook. The query flushes the change first, so it is here that it fails."""
    query = select(func.count()).where(
        Subscription.customer_id == customer.id, Subscription.deleted_at.is_(None)
    )
    return await session.scalar(query) or 0


async def remove(caller: Caller, customer_id: UUID, *, anonymize: bool) -> None:
    """Delete as the deployed release does."""
    customer = await get(caller, customer_id)
    if not caller.mode.soft_delete:
        await caller.session.execute(delete(Member).where(Member.customer_id == customer.id))
        await caller.session.delete(customer)
        return
    customer.deleted_at = clock.now()
    if anonymize:
        digest = hashlib.sha256(customer.email.encode()).hexdigest()
        customer.email, customer.name = f"{digest}@anonymized.invalid", None
    if caller.mode.thorough:
        members = select(Member).where(
            Member.customer_id == customer.id, Member.deleted_at.is_(None)
        )
        for member in await caller.session.scalars(members):
            member.deleted_at = clock.now()
