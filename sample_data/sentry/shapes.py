"""The parts of an SDK's event body that are looked at; the rest is carried along undecoded."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct

NULL = Raw(b"null")
ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class SdkFrame(Struct):
    """A stack frame as an SDK sends it."""

    filename: Any = None
    abs_path: Any = None
    module: Any = None
    function: Any = None
    lineno: Any = None
    colno: Any = None
    in_app: Any = None
    vars: Raw = NULL


class SdkStack(Struct):
    """A stack trace, outermost frame first."""

    frames: list[SdkFrame | None] | None = None


class SdkException(Struct):
    """One exception of the chain, innermost first."""

    type: Any = None
    value: Any = None
    module: Any = None
    mechanism: Raw = NULL
    thread_id: Any = None
    stacktrace: SdkStack | None = None


class SdkChain(Struct):
    """The chain of exceptions."""

    values: list[SdkException | None] | None = None


class SdkRequest(Struct):
    """The HTTP request."""

    method: Any = None
    url: Any = None
    query_string: Any = None
    data: Raw = NULL
    headers: Raw = NULL
    env: Raw = NULL


class SdkEvent(Struct):
    """An event body."""

    event_id: Any = None
    timestamp: Any = None
    level: Any = None
    platform: Any = None
    environment: Any = None
    release: Any = None
    transaction: Any = None
    message: Any = None
    logentry: Any = None
    fingerprint: Any = None
    tags: Any = None
    exception: SdkChain | list[SdkException | None] | None = None
    request: SdkRequest | None = None
    contexts: Raw = NULL
    extra: Raw = NULL
    user: Raw = NULL
    sdk: Raw = NULL


_DECODER = msgspec.json.Decoder(SdkEvent)


def read_sdk_event(body: bytes) -> SdkEvent | None:
    """The event, None when the body is not one (cut, hostile, or of another shape)."""
    try:
        return _DECODER.decode(body)
    except ERRORS:
        return None


def exceptions_of(event: SdkEvent) -> list[SdkException]:
    """The exceptions that are there; Go's SDK sends the bare list, which Sentry takes as well."""
    chain = event.exception
    values = chain.values if isinstance(chain, SdkChain) else chain
    return [value for value in values or [] if value is not None]


def frames_of(exception: SdkException) -> list[SdkFrame]:
    """The frames that are there."""
    frames = exception.stacktrace.frames if exception.stacktrace else None
    return [frame for frame in frames or [] if frame is not None]


def text_of(value: Any) -> str | None:
    """A text, or another value's JSON; None where there is none."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def message_of(event: SdkEvent) -> str | None:
    """The logged message, formatted by the SDK or else here, as Sentry does on intake."""
    for value in (event.logentry, event.message):
        if isinstance(value, dict):
            value = value.get("formatted") or _formatted(value.get("message"), value.get("params"))
        if text := text_of(value):
            return text
    return None


def _formatted(message: Any, params: Any) -> Any:
    """With its parameters in it, where they fit; older SDKs send both apart."""
    if not isinstance(message, str) or not params:
        return message
    try:
        return message % (tuple(params) if isinstance(params, list) else params)
    except (TypeError, ValueError, KeyError):
        return message
