"""Facts about one deleted customer; each function takes what a test cares about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from collectors.model import (
    Column,
    Confidence,
    ForeignKey,
    KeyPart,
    MarkerKind,
    SoftDeleteMarker,
    Table,
    UniqueKey,
)
from dashboard.remediation.facts import Facts, Place, Row

ID = "0b6f6a70-5a0c-4c6e-8f0e-3f3c7d1f2a10"
ORGANIZATION = "7a6f6a70-5a0c-4c6e-8f0e-3f3c7d1f2a11"

MARKER = SoftDeleteMarker(
    "deleted_at", MarkerKind.TIMESTAMP, "deleted_at IS NOT NULL", "NULL", "deleted_at"
)


def text(name: str, *, nullable: bool = False, type_: str = "character varying") -> Column:
    """A text column."""
    return Column(name, type_, nullable, category="S")


def plain(column: str, *, nullable: bool = False, type_: str = "text") -> KeyPart:
    """A key part that is a column."""
    return KeyPart(column, (column,), type_, nullable)


def key(*parts: KeyPart | str, name: str = "the_key", **facts: Any) -> UniqueKey:
    """A unique key of customers that counts deleted rows."""
    known = tuple(plain(part) if isinstance(part, str) else part for part in parts)
    return UniqueKey(name, "public", "customers", known, **{"counts_deleted": True, **facts})


EMAIL_KEY = key(
    "organization_id", KeyPart("lower(email::text)", ("email",), "text", False), name="email_key"
)
EXTERNAL_KEY = key("organization_id", plain("external_id", nullable=True), name="external_key")

COLUMNS = (
    Column("id", "uuid", nullable=False),
    Column("created_at", "timestamp with time zone", nullable=False, category="D"),
    Column("deleted_at", "timestamp with time zone", nullable=True, category="D"),
    Column("organization_id", "uuid", nullable=False),
    text("email", type_="character varying(320)"),
    text("external_id", nullable=True),
    text("name", nullable=True),
    Column("user_metadata", "jsonb", nullable=False),
)

TO_ORGANIZATION = ForeignKey(
    "fk",
    "public",
    "customers",
    ("organization_id",),
    "public",
    "organizations",
    ("id",),
    "NO ACTION",
)


def table(*, columns: tuple[Column, ...] = COLUMNS, **facts: Any) -> Table:
    """`customers`, as Polar has it."""
    defaults: dict[str, Any] = {
        "primary_key": ("id",),
        "keys": (EMAIL_KEY, EXTERNAL_KEY),
        "marker": MARKER,
        "created_at": "created_at",
        "organization": "organization_id",
        "erased_when": "email LIKE '%@anonymized.invalid'",
        "kept_in": {"external_id": "user_metadata"},
    }
    return Table("public", "customers", columns, **defaults | facts)


def row(
    *, deleted: bool = True, holds: bool = True, erased: bool | None = False, **columns: Any
) -> Row:
    """Jane's deleted row."""
    texts = {
        "id": ID,
        "created_at": "2026-09-01 08:00:00+00",
        "deleted_at": "2026-10-01 09:30:00+00" if deleted else None,
        "organization_id": ORGANIZATION,
        "email": "Jane@Example.com",
        "external_id": "cus_0042",
        "name": "Jane Doe",
        "user_metadata": "{}",
    }
    return Row(texts | columns, deleted=deleted, holds=holds, erased=erased)


def place(**facts: Any) -> Place:
    """Where Jane's row stands, about its e-mail key."""
    defaults: dict[str, Any] = {
        "conflict_id": "c0ffee0000000000",
        "environment": "production",
        "target": "production",
        "table": table(),
        "key": EMAIL_KEY,
        "values": (ORGANIZATION, "jane@example.com"),
        "row_id": ID,
        "foreign_keys": (TO_ORGANIZATION,),
    }
    return Place(**defaults | facts)


def facts(about: Place | None = None, found: Row | None = None, **known: Any) -> Facts:
    """Everything about Jane's row, sure unless told otherwise."""
    defaults: dict[str, Any] = {"confidence": Confidence.CERTAIN, "parent_deleted": False}
    return Facts(about or place(), row=found or row(), **defaults | known)


def about_external(**changes: Any) -> Place:
    """The same about the external ID's key."""
    external = place(key=EXTERNAL_KEY, values=(ORGANIZATION, "cus_0042"))
    return replace(external, **changes)
