"""The shop's tables, in the shape of the billing platform that the incident came from.

The unique keys that forget deletion are not here: `modes.py` builds them, since a release may
mend them. Foreign keys have the actions that make a purge dangerous: deleting a customer for good
takes subscriptions and licence keys along, and stops at orders and members.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from sample_data.api import clock

_CONVENTION = {
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "ix": "ix_%(column_0_N_label)s",
}


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """What all tables share. Ids and times are given when an object is made, not at the flush."""

    metadata = MetaData(naming_convention=_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        UUID: Uuid,
        int: BigInteger,
    }

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=uuid4)
    created_at: Mapped[datetime] = mapped_column(index=True, default_factory=clock.now)


class SoftDeleted(MappedAsDataclass, kw_only=True):
    """Rows that the application hides instead of removing."""

    modified_at: Mapped[datetime | None] = mapped_column(onupdate=clock.now, default=None)
    deleted_at: Mapped[datetime | None] = mapped_column(index=True, default=None)


class User(Base, kw_only=True):
    """Somebody of the time before organizations; customers may still point there."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(String(320), unique=True)


class Organization(SoftDeleted, Base, kw_only=True):
    """A merchant. `email` is the merchant's own, which Sentry shows as the user of an event."""

    __tablename__ = "organizations"

    name: Mapped[str] = mapped_column(String)
    slug: Mapped[str] = mapped_column(String, unique=True)
    email: Mapped[str] = mapped_column(String(320))


class Customer(SoftDeleted, Base, kw_only=True):
    """Whom a merchant bills."""

    __tablename__ = "customers"

    organization_id: Mapped[UUID] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), index=True
    )
    email: Mapped[str] = mapped_column(String(320))
    email_verified: Mapped[bool] = mapped_column(default=False)
    stripe_customer_id: Mapped[str | None] = mapped_column(String, default=None)
    name: Mapped[str | None] = mapped_column(String, default=None)
    billing_address: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), default=None
    )
    tax_id: Mapped[str | None] = mapped_column(String, default=None)
    oauth_accounts: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    legacy_user_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), default=None
    )
    user_metadata: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), nullable=False, default_factory=dict
    )
    external_id: Mapped[str | None] = mapped_column(String, default=None)


class Member(SoftDeleted, Base, kw_only=True):
    """A person who acts for a customer."""

    __tablename__ = "members"

    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="RESTRICT"), index=True
    )
    organization_id: Mapped[UUID] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), index=True
    )
    email: Mapped[str] = mapped_column(String(320))
    name: Mapped[str | None] = mapped_column(String, default=None)
    role: Mapped[str] = mapped_column(String, default="member")
    external_id: Mapped[str | None] = mapped_column(String, default=None)


class Subscription(SoftDeleted, Base, kw_only=True):
    """What a customer pays regularly; `amount` in the currency's smallest unit, a period."""

    __tablename__ = "subscriptions"

    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    recurring_interval: Mapped[str] = mapped_column(String, default="month")
    status: Mapped[str] = mapped_column(String, default="active")
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class Order(SoftDeleted, Base, kw_only=True):
    """What a customer paid; amounts in the currency's smallest unit."""

    __tablename__ = "orders"

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    subscription_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("subscriptions.id", ondelete="SET NULL"), default=None
    )
    subtotal_amount: Mapped[int]
    tax_amount: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[str] = mapped_column(String, default="paid")
    invoice_number: Mapped[str] = mapped_column(String, unique=True)


class LicenseKey(SoftDeleted, Base, kw_only=True):
    """What a customer bought the right to use."""

    __tablename__ = "license_keys"

    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    key: Mapped[str] = mapped_column(String, unique=True)
    status: Mapped[str] = mapped_column(String, default="granted")


class Checkout(SoftDeleted, Base, kw_only=True):
    """A page on which somebody is about to become a customer."""

    __tablename__ = "checkouts"

    organization_id: Mapped[UUID] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), index=True
    )
    customer_email: Mapped[str] = mapped_column(String(320))
    customer_name: Mapped[str | None] = mapped_column(String, default=None)
    customer_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("customers.id", ondelete="SET NULL"), default=None
    )
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[str] = mapped_column(String, default="open")
    payment_method: Mapped[str | None] = mapped_column(String, default=None)


class IdempotencyKey(Base, kw_only=True):
    """A request that must not be carried out twice. Nothing is ever deleted here."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("organization_id", "key"),)

    organization_id: Mapped[UUID] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE")
    )
    key: Mapped[str] = mapped_column(Text)
