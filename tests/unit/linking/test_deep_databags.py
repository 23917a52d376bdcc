"""What lies deeper in a body than Python's SDK keeps: its real serializer prints it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sentry_sdk.serializer import serialize

from collectors.linking.attached import from_attached
from collectors.linking.bodies import from_request
from collectors.linking.databag import legible
from collectors.model import Request
from tests.unit.linking.sdk_events import event

WANTED = ("email", "organization_id")
KNOWN = {"email": 'o\'hara "x"@e.com', "organization_id": "7"}
INPUT = {"customer": {"email": 'o\'hara "x"@e.com', "organizationId": "7"}, "by": {"email": "e@e"}}


def within(levels: int) -> dict[str, Any]:
    body: dict[str, Any] = INPUT
    for level in range(levels):
        body = {f"level{level}": body, "note": "new"}
    return body


@pytest.mark.parametrize("levels", range(7))
def test_a_body_s_value_is_read_as_it_was_sent_or_not_at_all(levels: int) -> None:
    sent: Any = serialize({"request": {"data": within(levels)}})
    told = event(request=Request("POST", "/x", sent["request"]["data"]))
    found = from_request(told, WANTED, "customers")
    assert found.items() <= KNOWN.items()
    assert levels > 3 or found == KNOWN


@pytest.mark.parametrize("levels", range(5))
def test_so_is_a_job_s_argument(levels: int) -> None:
    sent: Any = serialize({"extra": {"rq-job": {"args": [within(levels)], "kwargs": {}}}})
    found = from_attached(event(extra=sent["extra"]), WANTED, "customers")
    assert found.items() <= KNOWN.items()
    assert levels > 1 or found == KNOWN


def test_another_sdk_s_quotes_are_the_value_s_own() -> None:
    body = {"a": {"b": {"c": {"d": {"name": "'Acme'", "size": 1}}}}}
    assert legible(replace(event(), platform="node"), body) == body
    assert legible(event(), {"name": "'Acme'"}) == {"name": "'Acme'"}
    assert legible(event(), body)["a"]["b"]["c"]["d"] == {"name": "Acme", "size": 1}  # type: ignore[index]
