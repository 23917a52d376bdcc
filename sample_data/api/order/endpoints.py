"""`/v1/orders/`."""

from __future__ import annotations

from uuid import UUID, uuid4

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from sample_data.api.access import CallerDependency
from sample_data.api.customer import service as customers
from sample_data.api.models import Order
from sample_data.api.transaction import TransactionalRoute

router = APIRouter(prefix="/v1/orders", route_class=TransactionalRoute, tags=["orders"])


class OrderCreate(BaseModel):
    """A sale; amounts in the currency's smallest unit."""

    customer_id: UUID
    subscription_id: UUID | None = None
    subtotal_amount: int
    tax_amount: int = 0
    currency: str = "usd"


class OrderRead(BaseModel):
    """An order as clients see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    customer_id: UUID
    subtotal_amount: int
    tax_amount: int
    currency: str
    status: str
    invoice_number: str


@router.post("/", status_code=201)
async def create(body: OrderCreate, caller: CallerDependency) -> OrderRead:
    """Book a sale. Nobody checks that the subscription exists."""
    await customers.get(caller, body.customer_id)
    number = f"{caller.organization.slug.upper()}-{uuid4().hex[:10].upper()}"
    order = Order(invoice_number=number, **body.model_dump())
    caller.session.add(order)
    return OrderRead.model_validate(order)
