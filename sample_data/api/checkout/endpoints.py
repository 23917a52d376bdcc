"""`/v1/checkouts/`."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from sample_data.api.access import Caller, CallerDependency
from sample_data.api.customer import service as customers
from sample_data.api.customer.schemas import Email
from sample_data.api.models import Checkout, Customer, Subscription
from sample_data.api.transaction import TransactionalRoute

router = APIRouter(prefix="/v1/checkouts", route_class=TransactionalRoute, tags=["checkouts"])


class CheckoutCreate(BaseModel):
    """What somebody is about to buy; the amount in the currency's smallest unit."""

    customer_email: Email
    customer_name: str | None = None
    amount: int
    currency: str = "usd"


class CheckoutConfirm(BaseModel):
    """All that the last step sends: the customer's address is on the checkout already."""

    payment_method: str = "card"


class CheckoutRead(BaseModel):
    """A checkout as clients see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    status: str
    amount: int
    currency: str
    customer_id: UUID | None


@router.post("/", status_code=201)
async def create(body: CheckoutCreate, caller: CallerDependency) -> CheckoutRead:
    """Open a checkout."""
    checkout = Checkout(organization_id=caller.organization.id, **body.model_dump())
    caller.session.add(checkout)
    return CheckoutRead.model_validate(checkout)


@router.post("/{checkout_id}/confirm")
async def confirm(
    checkout_id: UUID, body: CheckoutConfirm, caller: CallerDependency
) -> CheckoutRead:
    """Pay: find the customer by the checkout's address, or create one."""
    checkout = await _open(caller, checkout_id)
    customer = await _customer_of(caller, checkout)
    await _refuse_second_subscription(caller, customer)
    checkout.customer_id, checkout.status = customer.id, "confirmed"
    checkout.payment_method = body.payment_method
    return CheckoutRead.model_validate(checkout)


async def _open(caller: Caller, checkout_id: UUID) -> Checkout:
    checkout = await caller.session.get(Checkout, checkout_id)
    if checkout is None or checkout.organization_id != caller.organization.id:
        raise HTTPException(404, "There is no such checkout.")
    if checkout.status != "open":
        raise HTTPException(403, "This checkout was confirmed already.")
    return checkout


async def _customer_of(caller: Caller, checkout: Checkout) -> Customer:
    query = customers.having_email(
        customers.visible(caller.organization.id), checkout.customer_email
    )
    known: Customer | None = await caller.session.scalar(query)
    if known is not None:
        return known
    customer = Customer(
        organization_id=caller.organization.id,
        email=checkout.customer_email,
        name=checkout.customer_name,
    )
    caller.session.add(customer)
    return customer


async def _refuse_second_subscription(caller: Caller, customer: Customer) -> None:
    """The query flushes a new customer first, so it is here that its insert fails."""
    query = select(Subscription.id).where(
        Subscription.customer_id == customer.id, Subscription.status == "active"
    )
    if await caller.session.scalar(query.limit(1)) is not None:
        raise HTTPException(403, "This customer has an active subscription.")
