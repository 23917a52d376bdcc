"""Our own telemetry: which fault, and where; nothing of what it was about."""

from __future__ import annotations

import json
from typing import Any

import sentry_sdk
from sentry_sdk.transport import Transport

from collectors import telemetry


def event_of(error: Exception) -> dict[str, Any]:
    """What would be sent for `error`, as the SDK makes it."""
    event, hint = sentry_sdk.utils.event_from_exception(error)
    event["server_name"] = "db-host"
    event["breadcrumbs"] = {"values": [{"message": "jane@example.com"}]}
    return dict(telemetry.scrubbed(event, hint))


def test_an_error_is_sent_without_its_text_its_variables_and_its_host() -> None:
    try:
        customer = "jane@example.com"
        raise ValueError(f"Key (email)=({customer}) already exists.")
    except ValueError as error:
        sent = event_of(error)
    text = json.dumps(sent)
    assert "jane" not in text
    assert "db-host" not in text
    (exception,) = sent["exception"]["values"]
    assert exception["type"] == "ValueError"
    assert exception["stacktrace"]["frames"][-1]["function"].startswith("test_an_error")


def test_without_a_dsn_nothing_is_started() -> None:
    telemetry.start(None)
    client = sentry_sdk.get_client()
    assert client.dsn is None
    assert not isinstance(client.transport, Transport)
