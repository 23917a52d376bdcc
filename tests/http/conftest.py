"""A local Sentry for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.http.serving import SentryOfTest, local_sentry, stop_loopback


@pytest.fixture(scope="session", autouse=True)
def loopback() -> Iterator[None]:
    """The tests' own server ends with them."""
    yield
    stop_loopback()


@pytest.fixture
def sentry() -> Iterator[SentryOfTest]:
    """In memory, with one project called "api"."""
    with local_sentry() as running:
        yield running
