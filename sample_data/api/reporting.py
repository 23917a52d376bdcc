"""How the shop reports its failures: the real sentry-sdk with its own integrations.

An event processor on the request's scope gives the event the environment and release that served
the request and, where the control token set the clock, that time. Nothing else is touched.
"""

from __future__ import annotations

import functools
import time
from datetime import datetime

import sentry_sdk
from sentry_sdk import utils
from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration
from sentry_sdk.types import Event, Hint


def start(dsn: str | None) -> None:
    """Initialize the SDK as an application would; without a DSN it reports nothing."""
    sentry_sdk.init(
        dsn=dsn,
        integrations=[
            StarletteIntegration(transaction_style="endpoint"),
            FastApiIntegration(transaction_style="endpoint"),
        ],
        send_default_pii=True,
        max_request_body_size="always",
        # One process speaks for two environments, so sessions would count for the wrong one.
        auto_session_tracking=False,
        # The transport drops what does not fit into its queue of 100.
        transport_queue_size=10_000,
    )


def remember_source_lines() -> None:
    """Keep the source lines that the SDK quotes around each frame, instead of reading them again.

    For every frame of every event it reads and splits the whole file, a third of an event's cost.
    Only the play needs this: it fails more often in a second than a shop does in a week.
    """
    read = getattr(utils, "get_lines_from_file", None)
    if read is not None:
        utils.get_lines_from_file = functools.lru_cache(maxsize=None)(read)


def describe_request(
    environment: str, release: str, user: dict[str, str], moment: datetime | None
) -> None:
    """Say who calls which release; `moment` is the request's shifted time."""

    def stamp(event: Event, hint: Hint) -> Event:  # noqa: ARG001  the SDK passes both
        event["environment"] = environment
        event["release"] = release
        if moment is not None:
            event["timestamp"] = moment
        return event

    scope = sentry_sdk.get_isolation_scope()
    scope.add_event_processor(stamp)
    scope.set_user(user)


def flush(seconds: float) -> bool:
    """Wait until everything has left the queue; whether it did in that time."""
    began = time.monotonic()
    sentry_sdk.flush(seconds)
    return time.monotonic() - began < seconds
