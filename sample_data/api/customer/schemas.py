"""What clients send and get."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=320)]


class CustomerCreate(BaseModel):
    """A new customer. `metadata` may be sent as null, which the table does not accept."""

    email: Email
    name: str | None = None
    external_id: str | None = None
    legacy_user_id: UUID | None = None
    metadata: dict[str, Any] | None = Field(default_factory=dict)


class CustomerUpdate(BaseModel):
    """What is to change; what is not sent stays."""

    email: Email | None = None
    name: str | None = None
    external_id: str | None = None
    metadata: dict[str, Any] | None = None


class CustomerRead(BaseModel):
    """A customer as clients see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    created_at: datetime
    modified_at: datetime | None
    organization_id: UUID
    email: str
    name: str | None
    external_id: str | None
    user_metadata: dict[str, Any] | None = Field(serialization_alias="metadata")


class CustomerList(BaseModel):
    """A page of customers; the total counts all that match."""

    items: list[CustomerRead]
    total: int
