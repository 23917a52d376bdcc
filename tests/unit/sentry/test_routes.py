"""Raw URLs become routes that name nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.sentry.parse.routes import route, transaction_name


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.example.com/v1/customers/?email=jane@example.com", "/v1/customers/"),
        ("https://u:p@host:8000/v1/customers/#x", "/v1/customers/"),
        ("/v1/customers/0b6f6a70-5a0c-4c6e-8f0e-3f3c7d1f2a10", "/v1/customers/{id}"),
        ("/v1/customers/42/orders", "/v1/customers/{id}/orders"),
        ("/v1/customers/external/acme", "/v1/customers/external/{id}"),
        ("/v1/customers/external_id/acme/state", "/v1/customers/external_id/{id}/state"),
        ("/v1/customers/jane@example.com", "/v1/customers/{id}"),
        ("/v1/customers/jane%40example.com", "/v1/customers/{id}"),
        ("/by-email/jane", "/by-email/{id}"),
        ("/v1/customers/{customer_id}", "/v1/customers/{customer_id}"),
        ("/store/customers/:id", "/store/customers/:id"),
        ("/customers/<int:pk>/", "/customers/<int:pk>/"),
        ("http://[", None),
        ("", None),
    ],
)
def test_a_url_is_reduced_to_its_route(url: str, expected: str | None) -> None:
    assert route(url) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shop.customer.endpoints.create", "shop.customer.endpoints.create"),
        ("CustomersController#create", "CustomersController#create"),
        ("POST /store/customers/:id", "POST /store/customers/:id"),
        ("/v1/customers/jane@example.com", "/v1/customers/{id}"),
        ("GET https://h/v1/customers/42?a=jane@example.com", "GET /v1/customers/{id}"),
    ],
)
def test_a_transaction_that_is_a_raw_url_becomes_its_route(name: str, expected: str) -> None:
    assert transaction_name(name) == expected


@given(st.text(), st.emails())
def test_no_address_survives_in_a_path(before: str, email: str) -> None:
    assert email not in (route(f"/{before}/{email}/x") or "")
    assert email not in transaction_name(f"/customers/{email}")
