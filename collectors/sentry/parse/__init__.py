"""Raw JSON → Event and Issue. Pure: no I/O, no clock, and no input makes it raise.

`decode` turns a body into the Structs of `shapes`, with `salvage` where a field has not the shape
it should have; `event` reads an Event off them, a file for each of its parts; `batch` finds the
bodies in a page, a file or an envelope.
"""

from collectors.sentry.parse.batch import (
    is_list,
    items_of,
    parse_events,
    received_times,
    whole_list,
)
from collectors.sentry.parse.decode import MAX_EVENT_BYTES
from collectors.sentry.parse.envelope import is_header
from collectors.sentry.parse.event import parse_event
from collectors.sentry.parse.issue import parse_issues, parse_project_id
from collectors.sentry.parse.origin import Origin

__all__ = [
    "MAX_EVENT_BYTES",
    "Origin",
    "is_header",
    "is_list",
    "items_of",
    "parse_event",
    "parse_events",
    "parse_issues",
    "parse_project_id",
    "received_times",
    "whole_list",
]
