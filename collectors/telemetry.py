"""Our own errors and the health of `collect`, told to a Sentry of our own; nowhere by default.

An exception's text may quote a row, so nothing of it is sent: only its type, and where in the code
it was raised. Local variables, requests, breadcrumbs and host names stay here. The SDK is imported
where it is used: it takes a seventh of the time that a command takes to start.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

COLLECT_MONITOR = "tombstone-collect"
"""The slug of the cron monitor that `collect` checks in to."""

_KEPT = frozenset({"event_id", "timestamp", "platform", "level", "exception", "release", "sdk"})
_KEPT_OF_FRAME = frozenset({"filename", "function", "module", "lineno", "in_app"})


def start(dsn: str | None) -> None:
    """Report faults of our own to `dsn` from now on; None leaves everything silent."""
    if dsn is None:
        return
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn,
        before_send=scrubbed,
        before_send_transaction=lambda _event, _hint: None,
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        server_name="",
        traces_sample_rate=None,
    )


def scrubbed(event: Event, _hint: Hint) -> Event:
    """The Event with nothing in it but which exception was raised where."""
    kept: Any = {name: value for name, value in event.items() if name in _KEPT}
    for exception in kept.get("exception", {}).get("values") or []:
        exception["value"] = ""
        frames = (exception.get("stacktrace") or {}).get("frames") or []
        for frame in frames:
            for name in set(frame) - _KEPT_OF_FRAME:
                del frame[name]
    return cast("Event", kept)


@contextmanager
def checked_in() -> Iterator[None]:
    """A cron check-in around one Run: begun, then done or failed. Silent without `start`."""
    from sentry_sdk.crons import monitor

    with monitor(monitor_slug=COLLECT_MONITOR):
        yield
