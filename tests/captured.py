"""Events as the real sentry-sdk makes them, without a server: what it would have sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport


class _Kept(Transport):
    """Keeps the events of every envelope instead of sending them."""

    def __init__(self) -> None:
        super().__init__({})
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        """Called by the SDK for each envelope."""
        event = envelope.get_event()
        if event is not None:
            self.events.append(dict(event))


def captured(error: BaseException, *, environment: str | None, at: datetime) -> dict[str, Any]:
    """The event of an exception that was raised, with its time set."""
    kept = _Kept()
    client = sentry_sdk.Client(
        dsn="http://key@127.0.0.1/1",
        transport=kept,
        environment=environment,
        default_integrations=False,
        release="shop@1.0",
    )
    with sentry_sdk.new_scope() as scope:
        scope.set_client(client)
        scope.set_user({"email": "merchant@example.com"})
        scope.set_transaction_name("shop.customer.endpoints.create")
        scope.capture_exception(error)
    client.close()
    (event,) = kept.events
    event["timestamp"] = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if environment is None:
        event.pop("environment", None)
    return event
