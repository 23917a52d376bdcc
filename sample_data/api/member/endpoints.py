"""`/v1/members/`."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from sample_data.api import clock
from sample_data.api.access import Caller, CallerDependency
from sample_data.api.customer import service as customers
from sample_data.api.customer.schemas import Email
from sample_data.api.models import Member
from sample_data.api.transaction import TransactionalRoute

router = APIRouter(prefix="/v1/members", route_class=TransactionalRoute, tags=["members"])


class MemberCreate(BaseModel):
    """A new member of a customer; the external ID is the organization's own name for the person."""

    customer_id: UUID
    email: Email
    name: str | None = None
    role: str = "member"
    external_id: str | None = None


class MemberRead(BaseModel):
    """A member as clients see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    customer_id: UUID
    email: str
    name: str | None
    role: str
    external_id: str | None


@router.post("/", status_code=201)
async def create_member(body: MemberCreate, caller: CallerDependency) -> MemberRead:
    """Add a person to a customer; 422 if a visible member has that address."""
    customer = await customers.get(caller, body.customer_id)
    if await _visible(caller, customer.id, body.email) is not None:
        raise customers.duplicate("email", "This customer has a member with this email address.")
    member = Member(organization_id=caller.organization.id, **body.model_dump())
    caller.session.add(member)
    try:
        await caller.session.flush()
    except IntegrityError:
        # Somebody was quicker, so theirs will do. But the transaction has to be rolled back before
        # it can be asked anything, and nobody did that.
        found = await _visible(caller, customer.id, body.email)
        if found is None:
            raise
        member = found
    return MemberRead.model_validate(member)


@router.delete("/{member_id}", status_code=204)
async def delete_member(member_id: UUID, caller: CallerDependency) -> None:
    """Delete a member as the deployed release does."""
    query = select(Member).where(
        Member.id == member_id,
        Member.organization_id == caller.organization.id,
        Member.deleted_at.is_(None),
    )
    member = await caller.session.scalar(query)
    if member is None:
        raise HTTPException(404, "There is no such member.")
    if caller.mode.soft_delete:
        member.deleted_at = clock.now()
    else:
        await caller.session.delete(member)


async def _visible(caller: Caller, customer_id: UUID, email: str) -> Member | None:
    query = select(Member).where(
        Member.customer_id == customer_id, Member.email == email, Member.deleted_at.is_(None)
    )
    member: Member | None = await caller.session.scalar(query)
    return member
