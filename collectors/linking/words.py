"""Sentences about rows and times that several rules say. Never a value, a name or an id."""

from __future__ import annotations

from datetime import UTC, datetime

from collectors.linking.case import Case, When
from collectors.model import Holder


def utc(time: datetime | None) -> str:
    """A time to read aloud."""
    if time is None:
        return "an unknown time"
    return f"{time.astimezone(UTC).replace(tzinfo=None).isoformat(' ', 'seconds')} UTC"


def table_of(case: Case) -> str:
    """The table's name, with its schema where that is not `public`."""
    return case.question.table.label if case.question.table else "the table"


def born(row: Holder) -> str:
    """When the row was created."""
    if row.created_at is None:
        return "whose time of creation is not recorded"
    return f"created on {utc(row.created_at)}"


def failed(case: Case) -> str:
    """What happened at the Event's time."""
    return "it was looked up" if case.looked_up else "the request failed"


def later_life(case: Case, row: Holder) -> str:
    """What became of a row that was live when the Event happened; empty if nothing did."""
    if not row.deleted:
        return _parent_later(case, row)
    time = utc(row.row.deleted_at)
    near = case.when_deleted(row.row.deleted_at) is When.AROUND
    said = f" It was soft-deleted {'at about that time' if near else 'later'}, on {time}"
    if case.holds_now(row):
        return f"{said}, and still holds the key: creating it again would fail now."
    return f"{said}; the unique key does not count deleted rows."


def _parent_later(case: Case, row: Holder) -> str:
    if row.parent is None or case.when_parent_deleted(row.parent) is not When.AFTER:
        return ""
    return f" What it belongs to was soft-deleted later, on {utc(row.parent.deleted_at)}."


def other_histories(case: Case) -> str:
    """What else may have happened to a live row between the Event and our look; empty if nothing.

    A printed key that says "not deleted" rules out a restore. That another live row gave the value
    to this one in between cannot be seen, and changes nothing for whoever asked: it exists.
    Between somebody's asking and our look there is no time for any of it.
    """
    if case.looked_up:
        return ""
    if case.question.holder_was_live:
        return " The database itself said that the row in the way was not deleted."
    return (
        " It may instead have been soft-deleted then and restored since, or have taken this value "
        "only since."
    )
