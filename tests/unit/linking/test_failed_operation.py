"""What the failed request was trying to do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collectors.linking.operation import operation_of
from collectors.linking.statement import read_statement
from collectors.model import Event, Operation, Request

NOW = datetime(2025, 6, 1, tzinfo=UTC)


def event(transaction: str | None, method: str | None = None, route: str | None = None) -> Event:
    request = Request(method, route) if method else None
    return Event("e" * 32, NOW, transaction=transaction, request=request)


@pytest.mark.parametrize(
    ("transaction", "method", "operation"),
    [
        ("polar.customer.endpoints.create", "POST", Operation.CREATE),
        ("polar.customer.endpoints.update", "PATCH", Operation.UPDATE),
        ("polar.customer.endpoints.delete", "DELETE", Operation.DELETE),
        ("polar.member.endpoints.create_member", "POST", Operation.CREATE),
        ("polar.checkout.endpoints.client_confirm", "POST", Operation.CREATE),
        ("polar.customer_seat.endpoints.assign_seat", "POST", Operation.CREATE),
        ("customers.restore", "POST", Operation.RESTORE),
        ("CustomersController#undelete", "POST", Operation.RESTORE),
        ("POST /v1/customers/{id}/restore", None, Operation.RESTORE),
        ("POST /v1/customers/", None, Operation.CREATE),
        ("/v1/customers/", "POST", Operation.CREATE),
        ("/v1/customers/{id}", "PUT", Operation.UPDATE),
        ("/v1/customers/{id}", "DELETE", Operation.DELETE),
        ("CustomerService.updateAddress", None, Operation.UPDATE),
        ("worker.sync_customers", None, None),
        (None, None, None),
    ],
)
def test_without_sql_the_name_and_then_the_method_tell(
    transaction: str | None, method: str | None, operation: Operation | None
) -> None:
    assert operation_of(event(transaction, method), None, {}) is operation


@pytest.mark.parametrize(
    ("sql", "transaction", "operation"),
    [
        ("INSERT INTO c (a) VALUES ($1)", "customers.update", Operation.CREATE),
        ("UPDATE c SET a=$1 WHERE id=$2", "customers.create", Operation.UPDATE),
        ("DELETE FROM c WHERE id=$1", "customers.update", Operation.DELETE),
        ("UPDATE c SET a=$1 WHERE id=$2", "customers.restore", Operation.RESTORE),
        ("UPDATE c SET deleted_at=NULL WHERE id=$2", "customers.x", Operation.RESTORE),
        ("UPDATE c SET deleted_at=now() WHERE id=$2", "customers.x", Operation.DELETE),
        ('UPDATE c SET "isDeleted"=$1 WHERE id=$2', "customers.x", Operation.DELETE),
        (
            "UPDATE c SET a=$1, b=$2, d=$3, e=$4, deleted_at=NULL WHERE id=$5",
            "customers.x",
            Operation.UPDATE,
        ),
    ],
)
def test_sql_goes_before_the_name_but_a_restore_shows_only_there(
    sql: str, transaction: str, operation: Operation
) -> None:
    assert operation_of(event(transaction, "POST"), read_statement(sql), {}) is operation


def test_a_written_null_mark_of_deletion_is_a_restore() -> None:
    statement = read_statement("UPDATE c SET deleted_at=$1 WHERE id=$2")
    assert operation_of(event("x"), statement, {"deleted_at": None}) is Operation.RESTORE


def test_the_route_tells_where_the_transaction_does_not() -> None:
    seen = event("worker", "POST", "/v1/customers/{id}/restore")
    assert operation_of(seen, None, {}) is Operation.RESTORE
