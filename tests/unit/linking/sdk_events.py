"""Events as sentry-sdk sends them for FastAPI, SQLAlchemy and asyncpg, and how they may vary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from collectors.model import Event, ExceptionValue, Failure, Request, ViolatedKey

NOW = datetime(2025, 6, 1, 10, tzinfo=UTC)
ORGANIZATION = "0d9e2c1a-7b54-4e0e-9a51-3f6f1c2b7a10"
CONSTRAINT = "ix_customers_organization_id_email_case_insensitive"
DUPLICATE = f'duplicate key value violates unique constraint "{CONSTRAINT}"'
DETAIL = (
    f"\nDETAIL:  Key (organization_id, lower(email::text))=({ORGANIZATION}, jane@example.com)"
    " already exists."
)
SQL = (
    "\n[SQL: INSERT INTO customers (created_at, deleted_at, id, external_id, email, "
    "organization_id) VALUES ($1::TIMESTAMP WITH TIME ZONE, $2::TIMESTAMP WITH TIME ZONE,"
    " $3::UUID, $4::VARCHAR, $5::VARCHAR, $6::UUID)]\n"
    "[parameters: (datetime.datetime(2025, 6, 1, 10, 0,"
    " tzinfo=datetime.timezone.utc), None, UUID('11111111-1111-4111-8111-111111111111'), 'acct-7',"
    f" 'Jane@example.com', UUID('{ORGANIZATION}'))]\n(Background on this error at: x)"
)
KEY = ("organization_id", "lower(email::text)")


def innermost() -> ExceptionValue:
    """What asyncpg raises: the message without its DETAIL."""
    return ExceptionValue("UniqueViolationError", "asyncpg.exceptions", DUPLICATE)


def adapted(detail: str = DETAIL) -> ExceptionValue:
    """SQLAlchemy's adapter around it."""
    text = f"<class 'asyncpg.exceptions.UniqueViolationError'>: {DUPLICATE}{detail}"
    return ExceptionValue("IntegrityError", "sqlalchemy.dialects.postgresql.asyncpg", text)


def outermost(detail: str = DETAIL, sql: str = SQL) -> ExceptionValue:
    """SQLAlchemy's own exception, with statement and parameters."""
    return ExceptionValue("IntegrityError", "sqlalchemy.exc", f"({adapted(detail).value}{sql}")


def event(*exceptions: ExceptionValue, **fields: Any) -> Event:
    base = Event(
        "0d9e2c1a7b544e0e9a513f6f1c2b7a10",
        NOW,
        transaction="polar.customer.endpoints.create",
        platform="python",
        exceptions=exceptions,
        request=Request("POST", "/v1/customers/", {"email": "Jane@example.com"}),
    )
    return replace(base, **fields)


def key_of(failure: Failure) -> ViolatedKey:
    assert failure.key is not None
    return failure.key


SHAPE_A = event(innermost(), adapted(), outermost())
SHAPE_B = event(
    innermost(),
    adapted(),
    ExceptionValue(
        "IntegrityError",
        "sqlalchemy.exc",
        "['raised as a result of Query-invoked autoflush; consider using a session.no_autoflush "
        "block if this flush is occurring prematurely']",
    ),
)
SHAPE_C = event(
    innermost(),
    adapted(),
    outermost(sql=""),
    ExceptionValue(
        "PendingRollbackError",
        "sqlalchemy.exc",
        "This Session's transaction has been rolled back due to a previous exception during flush. "
        f"Original exception was: {outermost().value}",
    ),
)
