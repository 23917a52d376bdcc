"""The few fields of an event body that are decoded; all others are skipped over.

One Struct serves every spelling: the SDK's own body, Sentry's Web API (camelCase, `entries`),
GlitchTip (snake_case) and Bugsink (the SDK's body under `data`). Leaves are `Any`, for a value may
be a list or a number where a text is due; only the nesting is typed, since that is what makes
skipping fast. `Raw | None` does not decode, hence the `null` defaults.
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct, field

NOTHING = Raw(b"null")


class FrameShape(Struct):
    """A stack frame; its variables stay undecoded until someone wants them."""

    function: Any = None
    module: Any = None
    in_app: Any = None
    in_app_camel: Any = field(name="inApp", default=None)
    vars: Raw = NOTHING


class StackShape(Struct):
    """A stack trace, outermost frame first."""

    frames: list[FrameShape | None] | None = None


class ExceptionShape(Struct):
    """One exception of the chain; what its mechanism says stays undecoded, as it seldom tells."""

    type: Any = None
    module: Any = None
    value: Any = None
    stacktrace: StackShape | None = None
    mechanism: Raw = NOTHING


class ChainShape(Struct):
    """The SDK's `exception`."""

    values: list[ExceptionShape | None] | None = None


class RequestShape(Struct):
    """The HTTP request without headers, cookies and environment: nobody here needs those."""

    method: Any = None
    url: Any = None
    data: Any = None


class EntryData(Struct):
    """What an entry of the Web API may hold: an exception's, a request's or a message's fields."""

    values: list[ExceptionShape | None] | None = None
    method: Any = None
    url: Any = None
    data: Any = None
    formatted: Any = None
    message: Any = None
    params: Any = None


class EntryShape(Struct):
    """One of the Web API's `entries`."""

    type: Any = None
    data: EntryData | list[Raw] | None = None


class Body(Struct):
    """An event body in any of the four spellings."""

    event_id: Any = None
    event_id_camel: Any = field(name="eventID", default=None)
    id: Any = None

    timestamp: Any = None
    date_created: Any = None
    date_created_camel: Any = field(name="dateCreated", default=None)
    received: Any = None
    date_received: Any = None
    date_received_camel: Any = field(name="dateReceived", default=None)
    ingested_at: Any = None

    project: Any = None
    project_id: Any = None
    project_id_camel: Any = field(name="projectID", default=None)
    group_id: Any = None
    group_id_camel: Any = field(name="groupID", default=None)
    issue: Any = None

    environment: Any = None
    release: Any = None
    transaction: Any = None
    culprit: Any = None
    platform: Any = None
    message: Any = None
    logentry: Any = None
    tags: Any = None
    contexts: Raw = NOTHING
    context: Raw = NOTHING
    extra: Raw = NOTHING

    exception: ChainShape | list[ExceptionShape | None] | None = None
    request: RequestShape | None = None
    entries: list[EntryShape | None] | None = None
    data: Body | None = None
