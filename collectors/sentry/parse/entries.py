"""The Web API's `entries`, by their type."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.sentry.parse.shapes import Body, EntryData


def entries_of(body: Body, kind: str) -> Iterator[EntryData]:
    """The data of every entry of that type ("exception", "request", "message")."""
    for entry in body.entries or ():
        if entry is not None and entry.type == kind and isinstance(entry.data, EntryData):
            yield entry.data
