"""`/v1/customers/`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from sqlalchemy import func, select

from sample_data.api.access import CallerDependency
from sample_data.api.customer import service
from sample_data.api.customer.schemas import (
    CustomerCreate,
    CustomerList,
    CustomerRead,
    CustomerUpdate,
)
from sample_data.api.models import Customer
from sample_data.api.transaction import TransactionalRoute

router = APIRouter(prefix="/v1/customers", route_class=TransactionalRoute, tags=["customers"])


@router.post("/", status_code=201)
async def create(
    body: CustomerCreate,
    caller: CallerDependency,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> CustomerRead:
    """Create a customer; 422 if a visible one has the e-mail address or external ID."""
    customer = await service.create(caller, body, idempotency_key)
    return CustomerRead.model_validate(customer)


@router.get("/", name="list")
async def list_customers(
    caller: CallerDependency,
    email: str | None = None,
    external_id: str | None = None,
    limit: int = 10,
) -> CustomerList:
    """The visible customers, newest first."""
    query = service.visible(caller.organization.id)
    if email is not None:
        query = service.having_email(query, email)
    if external_id is not None:
        query = query.where(Customer.external_id == external_id)
    total = await caller.session.scalar(select(func.count()).select_from(query.subquery()))
    found = await caller.session.scalars(query.order_by(Customer.created_at.desc()).limit(limit))
    return CustomerList(items=[CustomerRead.model_validate(row) for row in found], total=total or 0)


@router.get("/{customer_id}")
async def get(customer_id: UUID, caller: CallerDependency) -> CustomerRead:
    """One visible customer."""
    return CustomerRead.model_validate(await service.get(caller, customer_id))


@router.patch("/{customer_id}")
async def update(customer_id: UUID, body: CustomerUpdate, caller: CallerDependency) -> CustomerRead:
    """Change a customer."""
    return CustomerRead.model_validate(await service.update(caller, customer_id, body))


@router.delete("/{customer_id}", status_code=204)
async def delete(customer_id: UUID, caller: CallerDependency, anonymize: bool = False) -> None:
    """Delete a customer; `anonymize` also forgets the e-mail address and the name."""
    await service.remove(caller, customer_id, anonymize=anonymize)
