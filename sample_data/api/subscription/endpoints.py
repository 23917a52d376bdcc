"""`/v1/subscriptions/`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from sample_data.api import clock
from sample_data.api.access import CallerDependency
from sample_data.api.customer import service as customers
from sample_data.api.models import Subscription
from sample_data.api.transaction import TransactionalRoute

router = APIRouter(
    prefix="/v1/subscriptions", route_class=TransactionalRoute, tags=["subscriptions"]
)


class SubscriptionCreate(BaseModel):
    """What a customer will pay; the amount in the currency's smallest unit, a period."""

    customer_id: UUID
    amount: int
    currency: str = "usd"
    recurring_interval: str = "month"


class SubscriptionRead(BaseModel):
    """A subscription as clients see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    customer_id: UUID
    amount: int
    currency: str
    recurring_interval: str
    status: str
    started_at: datetime | None


@router.post("/", status_code=201)
async def create(body: SubscriptionCreate, caller: CallerDependency) -> SubscriptionRead:
    """Subscribe a visible customer."""
    await customers.get(caller, body.customer_id)
    subscription = Subscription(started_at=clock.now(), **body.model_dump())
    caller.session.add(subscription)
    return SubscriptionRead.model_validate(subscription)
